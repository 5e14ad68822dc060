# Cox models with residuals and tests; for crates/outcome/tests/it/evidence/cox.rs.
source("cohorts.R")
case <- function(name, d, ties = "efron", entry = FALSE, weight = FALSE, strata = FALSE, cluster = FALSE) {
  d <- d[complete.cases(d[, c("time", "event", "x1", "x2", "x3", if (strata) "strata")]), ]
  y <- if (entry) Surv(d$entry, d$time, d$event) else Surv(d$time, d$event)
  d$w <- if (weight) d$weight else rep(1, nrow(d))
  d$cl <- if (cluster) d$id else seq_len(nrow(d))
  f <- as.formula(paste("y ~ x1 + x2 + x3", if (strata) "+ strata(strata)"))
  control <- coxph.control(eps = 1e-13, iter.max = 60, toler.chol = 1e-14)
  m <- if (ties == "exact") coxph(f, data = d, ties = ties, control = control)
       else if (cluster) coxph(f, data = d, weights = w, cluster = cl, ties = ties, control = control)
       else coxph(f, data = d, weights = w, robust = FALSE, ties = ties, control = control)
  s <- summary(m)

  out <- list(name = name, ties = ties, time = I(d$time), event = I(d$event),
              x = list(x1 = I(d$x1), x2 = I(d$x2), x3 = I(d$x3)))
  if (entry) out$entry <- I(d$entry)
  if (weight) out$weight <- I(d$w)
  if (strata) out$strata <- I(as.integer(factor(d$strata)) - 1L)
  if (cluster) out$cluster <- I(d$cl)
  naive <- if (cluster) m$naive.var else m$var
  out <- c(out, list(coef = unname(coef(m)), se = sqrt(diag(m$var)), model_se = sqrt(diag(naive)),
                     p = unname(s$coefficients[, "Pr(>|z|)"]), lower = unname(s$conf.int[, 3]),
                     upper = unname(s$conf.int[, 4]), null_log_likelihood = m$loglik[1],
                     log_likelihood = m$loglik[2], score = m$score, wald = unname(m$wald.test)))
  out$concordance <- unname(s$concordance[1])
  if (ties != "exact") {
    out$martingale <- I(unname(residuals(m, "martingale")))
    r <- residuals(m, "score"); colnames(r) <- c("x1", "x2", "x3")
    out$scores <- as.list(as.data.frame(r))
    r <- residuals(m, "schoenfeld"); colnames(r) <- c("x1", "x2", "x3")
    out$schoenfeld <- as.list(as.data.frame(r))
    out$zph <- lapply(c(km = "km", rank = "rank", identity = "identity"),
                      function(g) unname(cox.zph(m, transform = g)$table[, 1]))
  }
  out
}
cases <- list()
for (ties in c("efron", "breslow")) {
  n <- function(x) paste(x, ties)
  cases <- c(cases, list(
    case(n("liver"), liver_os, ties), case(n("lung"), lung_os, ties), case(n("veteran"), veteran_os, ties),
    case(n("pbc"), pbc_os, ties), case(n("veteran in strata"), veteran_os, ties, strata = TRUE),
    case(n("random"), random(21, 200), ties),
    case(n("random, weights"), random(22, 200), ties, weight = TRUE),
    case(n("random, late entry"), random(23, 200), ties, entry = TRUE),
    case(n("random, late entry, strata"), random(24, 200), ties, entry = TRUE, strata = TRUE),
    case(n("random, late entry, strata, weights"), random(25, 200), ties, entry = TRUE, strata = TRUE, weight = TRUE),
    case(n("random, clusters"), random(26, 200), ties, cluster = TRUE),
    case(n("random, everything"), random(27, 200), ties, entry = TRUE, strata = TRUE, weight = TRUE, cluster = TRUE),
    case(n("heavy ties"), random(28, 300, ties = 2), ties)))
}
cases <- c(cases, list(case("mgus2", mgus_os), case("veteran exact", veteran_os, "exact"),
                       case("random exact", random(29, 120), "exact"),
                       case("random exact, strata", random(30, 150), "exact", strata = TRUE),
                       case("heavy ties exact", random(32, 60, ties = 2), "exact")))
to_json(cases)
