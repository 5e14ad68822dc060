# Competing risks; for crates/outcome/tests/it/evidence/competing_risks.rs.
source("cohorts.R")
suppressPackageStartupMessages(library(cmprsk))
case <- function(name, d) {
  d <- d[complete.cases(d[, c("time", "cause", "group", "x1", "x2", "x3")]), ]
  at <- unique(unname(quantile(d$time, c(0.05, 0.2, 0.5, 0.8, 0.95, 1), type = 1)))
  all <- cuminc(d$time, d$cause)
  points <- timepoints(all, at)
  by <- lapply(c(0, 1), function(rho) cuminc(d$time, d$cause, d$group, rho = rho)$Tests)
  list(name = name, time = I(d$time), cause = I(d$cause), group = I(as.integer(factor(d$group)) - 1L),
       x = list(x1 = I(d$x1), x2 = I(d$x2), x3 = I(d$x3)),
       incidences = lapply(1:2, function(k)
         list(cause = k, at = I(at), estimate = I(unname(points$est[k, ])), variance = I(unname(points$var[k, ])))),
       tests = unlist(lapply(1:2, function(k) lapply(1:2, function(r)
         list(cause = k, rho = r - 1, statistic = by[[r]][k, "stat"], p = by[[r]][k, "pv"]))), recursive = FALSE),
       models = lapply(1:2, function(k) {
         m <- crr(d$time, d$cause, as.matrix(d[, c("x1", "x2", "x3")]), failcode = k, gtol = 1e-10, maxiter = 50)
         list(cause = k, coef = unname(m$coef), se = sqrt(diag(m$var)), log_likelihood = m$loglik)
       }))
}
mgus <- with(mgus2, data.frame(time = ifelse(pstat == 1, ptime, futime), cause = ifelse(pstat == 1, 1, 2 * death),
                               group = sex, x1 = age, x2 = hgb, x3 = mspike))
pbc2 <- with(pbc, data.frame(time = time, cause = c(0, 2, 1)[status + 1], group = stage, x1 = age,
                             x2 = log(bili), x3 = albumin))
drawn <- function(seed, n, ties) {
  d <- random(seed, n, ties)
  d$cause <- d$event * sample(1:2, n, TRUE, c(0.6, 0.4))
  d
}
to_json(list(case("mgus2", mgus), case("pbc", pbc2), case("random", drawn(41, 200, 2000)),
             case("random with ties", drawn(42, 200, 20)), case("heavy ties", drawn(43, 300, 4)),
             case("without censoring", transform(drawn(44, 100, 50), cause = ifelse(cause == 0, 1, cause)))))
