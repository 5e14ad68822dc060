# Cohorts that the other scripts share: R's own, one of ../shared, and random ones.
suppressPackageStartupMessages({
  library(survival)
  library(jsonlite)
})

to_json <- function(cases) {
  cat(toJSON(cases, auto_unbox = TRUE, digits = I(16), na = "null", null = "null"))
}

liver <- read.csv("../../../shared/data/tables/asaur-hepatocellular/hepatoCellular.csv")
liver_os <- with(liver, data.frame(time = OS, event = Death, x1 = Age, x2 = Tumorsize,
                                   x3 = CXCL17T, group = Cirrhosis, strata = Gender))
lung_os <- with(lung, data.frame(time = time, event = status - 1, x1 = age, x2 = ph.ecog, x3 = wt.loss,
                                 group = sex, strata = inst))
veteran_os <- with(veteran, data.frame(time = time, event = status, x1 = karno, x2 = age, x3 = diagtime,
                                       group = as.integer(celltype), strata = trt))
pbc_os <- with(pbc, data.frame(time = time, event = as.integer(status == 2), x1 = age, x2 = log(bili),
                               x3 = albumin, group = stage, strata = edema * 2))
mgus_os <- with(mgus2, data.frame(time = futime, event = death, x1 = age, x2 = hgb, x3 = mspike,
                                  group = as.integer(sex), strata = as.integer(age > 70)))

# Ties, weights, strata and late entry from one seed.
random <- function(seed, n, ties = 20, whole_weights = FALSE) {
  set.seed(seed)
  x1 <- rnorm(n); x2 <- rbinom(n, 1, 0.4); x3 <- runif(n)
  time <- ceiling(rexp(n, exp(0.5 * x1 - 0.4 * x2) / 10) * ties / 10 + 0.01)
  end <- ceiling(rexp(n, 1 / 15) * ties / 10 + 0.01)
  stop <- pmin(time, end)
  data.frame(time = stop, event = as.integer(time <= end), entry = pmax(0, floor(stop * runif(n, -1, 0.8))),
             weight = if (whole_weights) sample(0:3, n, TRUE) else round(runif(n, 0.2, 3), 3),
             x1 = x1, x2 = x2, x3 = x3, group = sample(0:2, n, TRUE), strata = sample(0:3, n, TRUE),
             id = sample(seq_len(max(2, n %/% 3)), n, TRUE))
}
