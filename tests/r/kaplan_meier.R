# Curves, quantiles and restricted means; for crates/outcome/tests/it/evidence/survival.rs.
source("cohorts.R")
probabilities <- c(0.1, 0.25, 0.5, 0.75, 0.9)
fit <- function(d, type, entry, weight) {
  y <- if (entry) Surv(d$entry, d$time, d$event) else Surv(d$time, d$event)
  w <- if (weight) d$weight else rep(1, nrow(d))
  f <- survfit(y ~ 1, weights = w, conf.type = type, robust = FALSE, id = if (entry) seq_len(nrow(d)))
  q <- quantile(f, probabilities)
  out <- list(time = I(f$time), risk = I(f$n.risk), events = I(f$n.event), censored = I(f$n.censor),
              survival = I(f$surv), error = I(f$std.err), lower = I(f$lower), upper = I(f$upper),
              quantiles = lapply(seq_along(probabilities), function(i)
                list(p = probabilities[i], estimate = q$quantile[[i]], lower = q$lower[[i]],
                     upper = q$upper[[i]])))
  horizons <- max(d$time) * c(0.3, 0.8, 1.1)
  out$means <- lapply(horizons, function(h) {
    m <- survival:::survmean(f, rmean = h)$matrix
    list(horizon = h, estimate = m[["rmean"]], error = m[["se(rmean)"]])
  })
  out
}
case <- function(name, d, entry = FALSE, weight = FALSE) {
  types <- c("log-log", "log", "plain")
  y <- if (entry) Surv(d$entry, d$time, 1 - d$event) else Surv(d$time, 1 - d$event)
  r <- survfit(y ~ 1, weights = if (weight) d$weight else rep(1, nrow(d)), robust = FALSE,
               conf.type = "log-log", id = if (entry) seq_len(nrow(d)))
  out <- list(name = name, time = I(d$time), event = I(d$event))
  if (entry) out$entry <- I(d$entry)
  if (weight) out$weight <- I(d$weight)
  out$fits <- setNames(lapply(types, function(t) fit(d, t, entry, weight)), types)
  out$follow_up <- quantile(r, 0.5)$quantile[[1]]
  out
}
few <- data.frame(time = c(1, 2, 3, 4), event = c(1, 1, 0, 0))
to_json(list(
  case("liver", liver_os), case("lung", lung_os), case("veteran", veteran_os), case("pbc", pbc_os),
  case("mgus2", mgus_os), case("random with ties", random(1, 200)),
  case("random, weights", random(2, 150), weight = TRUE),
  case("random, whole weights", subset(random(3, 150, whole_weights = TRUE), weight > 0), weight = TRUE),
  case("random, late entry", random(4, 150), entry = TRUE),
  case("random, late entry and weights", random(5, 150), entry = TRUE, weight = TRUE),
  case("all censored", transform(random(6, 20), event = 0)),
  case("all events", transform(random(7, 30), event = 1)),
  case("one subject, event", data.frame(time = 5, event = 1)),
  case("one subject, censored", data.frame(time = 5, event = 0)),
  case("level at the median", data.frame(time = c(1, 2, 3, 4), event = 1)),
  case("level at the end", few),
  case("many levels", data.frame(time = 1:20, event = 1)),
  case("leaflet, 10 patients", data.frame(time = c(8, 11, 15, 16, 20, 22, 25, 28, 30, 35),
                                          event = c(1, 1, 1, 0, 0, 0, 0, 0, 0, 0)))))
