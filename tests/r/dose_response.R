# Logistic dose-response; for crates/outcome/tests/it/evidence/agreement.rs.
library(jsonlite)
one <- function(seed, n, clustered) {
  set.seed(seed)
  patient <- sample(0:(n %/% 3), n, TRUE)
  dose <- round(rgamma(n, 6, 0.05), 1)
  y <- rbinom(n, 1, plogis(-5 + 0.045 * dose + 0.7 * rnorm(n)[patient + 1]))
  m <- glm(y ~ dose, family = binomial, control = glm.control(epsilon = 1e-14, maxit = 100))
  v <- vcov(m)
  if (clustered) {
    s <- rowsum(cbind(1, dose) * (y - fitted(m)), patient)
    k <- nrow(s)
    v <- v %*% crossprod(s) %*% v * k / (k - 1)
  }
  # Fieller's ends of -a/b by the quadratic of its definition.
  b <- coef(m); z <- qnorm(0.975)
  q <- polyroot(c(b[1]^2 - z^2 * v[1, 1], 2 * (b[1] * b[2] - z^2 * v[1, 2]), b[2]^2 - z^2 * v[2, 2]))
  ends <- sort(Re(q))
  out <- list(dose = dose, response = y, intercept = b[[1]], slope = b[[2]], se0 = sqrt(v[1, 1]), se1 = sqrt(v[2, 2]),
              log_likelihood = as.numeric(logLik(m)), d50 = -b[[1]] / b[[2]], d50_lower = ends[1], d50_upper = ends[2])
  if (clustered) out$cluster <- patient
  out
}
cat(toJSON(list(one(1, 120, FALSE), one(2, 200, TRUE), one(3, 90, TRUE)), auto_unbox = TRUE, digits = I(16)))
