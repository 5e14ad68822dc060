# Intervals of proportions; prints JSON for crates/outcome/tests/it/evidence/proportion.rs.
library(jsonlite)
set.seed(6)
pairs <- rbind(
  expand.grid(k = 0:10, n = 10), expand.grid(k = 0:18, n = 18), expand.grid(k = 0:34, n = 34),
  data.frame(k = c(0, 1, 25, 18, 4, 1, 999, 3, 500, 10, 500000, 999999, 1e6),
             n = c(1, 1, 36, 25, 25, 1000, 1000, 1e4, 1e5, 1e6, 1e6, 1e6, 1e6)),
  data.frame(k = rbinom(40, 5000, runif(40)), n = 5000))
one <- function(k, n, level) {
  a <- (1 - level) / 2
  z <- qnorm(1 - a)
  nt <- n + z^2
  pt <- (k + z^2 / 2) / nt
  w <- if (n * 1 > 0) suppressWarnings(prop.test(k, n, conf.level = level, correct = FALSE))$conf.int
  list(k = k, n = n, level = level,
       "clopper-pearson" = c(if (k == 0) 0 else qbeta(a, k, n - k + 1),
                             if (k == n) 1 else qbeta(1 - a, k + 1, n - k)),
       wilson = c(if (k == 0) 0 else w[1], if (k == n) 1 else w[2]),
       "agresti-coull" = c(if (k == 0) 0 else max(0, pt - z * sqrt(pt * (1 - pt) / nt)),
                           if (k == n) 1 else min(1, pt + z * sqrt(pt * (1 - pt) / nt))),
       jeffreys = c(if (k == 0) 0 else qbeta(a, k + 0.5, n - k + 0.5),
                    if (k == n) 1 else qbeta(1 - a, k + 0.5, n - k + 0.5)))
}
cases <- c(Map(function(k, n) one(k, n, 0.95), pairs$k, pairs$n),
           Map(function(k, n) one(k, n, 0.9), 0:10, 10))
cat(toJSON(unname(cases), auto_unbox = TRUE, digits = I(16)))
