# Tests between groups; for crates/outcome/tests/it/evidence/survival.rs.
source("cohorts.R")
case <- function(name, d, rho = 0, strata = FALSE) {
  d <- d[!is.na(d$group) & (!strata | !is.na(d$strata)), ]
  f <- if (strata) survdiff(Surv(time, event) ~ group + strata(strata), data = d, rho = rho)
       else survdiff(Surv(time, event) ~ group, data = d, rho = rho)
  sums <- function(m) if (is.matrix(m)) rowSums(m) else m
  df <- sum(sums(f$exp) > 0) - 1
  out <- list(name = name, time = I(d$time), event = I(d$event),
              group = I(as.integer(factor(d$group)) - 1L), rho = rho, chi_square = f$chisq, df = df,
              p = pchisq(f$chisq, df, lower.tail = FALSE), observed = I(sums(f$obs)), expected = I(sums(f$exp)))
  if (strata) out$strata <- I(as.integer(factor(d$strata)) - 1L)
  out
}
cases <- list()
for (rho in c(0, 1, 0.5)) {
  cases <- c(cases, list(
    case(paste("liver", rho), liver_os, rho), case(paste("lung", rho), lung_os, rho),
    case(paste("veteran", rho), veteran_os, rho), case(paste("pbc", rho), pbc_os, rho),
    case(paste("mgus2", rho), mgus_os, rho), case(paste("random", rho), random(11, 200), rho),
    case(paste("veteran in strata", rho), veteran_os, rho, TRUE),
    case(paste("lung in strata", rho), lung_os, rho, TRUE),
    case(paste("random in strata", rho), random(12, 200), rho, TRUE)))
}
late <- rbind(transform(random(13, 60), group = sample(0:1, 60, TRUE)),
              transform(random(14, 3), time = 1, event = 0, group = 2))
late$time[1:60] <- late$time[1:60] + 5
cases <- c(cases, list(case("a group without anybody at risk", late)))
to_json(cases)
