# Pooled proportions; for crates/outcome/tests/it/evidence/pooling.rs.
suppressPackageStartupMessages({
  library(metafor)
  library(jsonlite)
})
tables <- list(
  comparators = data.frame(k = c(9, 9, 14, 16, 3), n = c(40, 35, 24, 18, 10)),
  alike = data.frame(k = c(20, 41, 33), n = c(50, 100, 80)),
  zeros = data.frame(k = c(0, 3, 10, 7, 12), n = c(8, 20, 25, 30, 12)),
  large = local({ set.seed(7); n <- sample(20:900, 25); data.frame(k = rbinom(25, n, plogis(rnorm(25, -0.5, 0.6))), n = n) }))
one <- function(name, d, scale, method, knha) {
  m <- rma(measure = scale, xi = k, ni = n, data = d, method = method, test = if (knha) "knha" else "z",
           control = list(threshold = 1e-13, maxiter = 10000, stepadj = 0.5, tol = 1e-14))
  back <- switch(scale, PLO = transf.ilogit, PLN = exp, PFT = transf.ipft.hm)
  p <- if (scale == "PFT") predict(m, transf = back, targs = list(ni = d$n)) else predict(m, transf = back)
  top <- function(x) min(x, 1)
  out <- list(name = paste(name, scale, method, if (knha) "knha"), k = d$k, n = d$n, scale = scale, method = method,
              knha = knha, mean = m$b[1], error = m$se, tau2 = m$tau2, q = m$QE, q_p = m$QEp, i2 = m$I2,
              estimate = top(p$pred), lower = top(p$ci.lb), upper = top(p$ci.ub))
  if (method != "FE") out <- c(out, list(prediction_lower = top(p$pi.lb), prediction_upper = top(p$pi.ub)))
  out
}
# rma.glmm needs lme4; the same likelihood by integrate and optim.
glmm <- function(name, d) {
  likelihood <- function(par) {
    -sum(mapply(function(k, n) {
      f <- function(z) exp(dbinom(k, n, plogis(par[1] + par[2] * z), log = TRUE) + dnorm(z, log = TRUE))
      log(integrate(f, -12, 12, rel.tol = 1e-10, subdivisions = 2000)$value)
    }, d$k, d$n))
  }
  start <- c(qlogis(sum(d$k) / sum(d$n)), 0.7)
  o <- optim(start, likelihood, method = "BFGS", hessian = TRUE, control = list(reltol = 1e-14))
  o <- optim(o$par, likelihood, method = "BFGS", hessian = TRUE,
             control = list(reltol = 1e-15, ndeps = c(1e-5, 1e-5)))
  se <- sqrt(solve(o$hessian)[1, 1])
  z <- qnorm(0.975)
  list(name = paste(name, "GLMM"), k = d$k, n = d$n, scale = "PLO", method = "GLMM", knha = FALSE, mean = o$par[1],
       error = se, tau2 = o$par[2]^2, estimate = plogis(o$par[1]), lower = plogis(o$par[1] - z * se),
       upper = plogis(o$par[1] + z * se))
}
cases <- list()
for (name in names(tables)) for (scale in c("PLO", "PLN", "PFT")) for (method in c("FE", "DL", "REML", "PM"))
  cases <- c(cases, list(one(name, tables[[name]], scale, method, FALSE)),
             if (method != "FE") list(one(name, tables[[name]], scale, method, TRUE)))
cases <- c(cases, lapply(c("comparators", "zeros", "large"), function(name) glmm(name, tables[[name]])))
cat(toJSON(cases, auto_unbox = TRUE, digits = I(16), na = "null"))
