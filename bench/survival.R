# Times survfit and coxph on the table of bench/survival.py; prints JSON.
suppressPackageStartupMessages({
  library(survival)
  library(jsonlite)
})
arguments <- commandArgs(TRUE)
rows <- as.integer(arguments[2]); p <- as.integer(arguments[3]); repeats <- as.integer(arguments[4])
numbers <- readBin(arguments[1], "double", rows * (p + 2), endian = "little")
d <- as.data.frame(matrix(numbers, rows))
names(d) <- c("time", "event", paste0("x", seq_len(p)))
timed <- function(f) {
  seconds <- numeric(repeats)
  for (i in seq_len(repeats)) seconds[i] <- system.time(result <- f())[["elapsed"]]
  list(seconds = I(seconds), result = I(result))
}
km <- timed(function() {
  q <- quantile(survfit(Surv(time, event) ~ 1, data = d, conf.type = "log-log"), 0.5)
  unname(c(q$quantile, q$lower, q$upper))
})
formula <- as.formula(paste("Surv(time, event) ~", paste0("x", seq_len(p), collapse = " + ")))
cox <- timed(function() {
  m <- coxph(formula, data = d, ties = "efron")
  unname(c(coef(m), m$concordance[["concordance"]]))
})
cat(toJSON(list(km = km, cox = cox), digits = I(15)))
