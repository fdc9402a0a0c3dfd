# Rscript mclust.R FOLDER: do the jobs of FOLDER/jobs.csv (job, model, components, rows, scored), and write
# FOLDER/answers.csv and, a job, FOLDER/<job>.csv: the log densities of the rows in `scored`, labels where that is empty.
suppressPackageStartupMessages(library(mclust))
folder <- commandArgs(trailingOnly = TRUE)[1]
jobs <- read.csv(file.path(folder, "jobs.csv"), colClasses = "character")
rows_of <- function(name) as.matrix(read.csv(file.path(folder, name), header = FALSE))
answers <- lapply(seq_len(nrow(jobs)), function(i) {
  job <- jobs[i, ]
  X <- rows_of(job$rows)
  n_warnings <- 0
  message <- ""
  seconds <- NA
  failed <- function(error) {
    message <<- gsub("[\r\n]+", " ", conditionMessage(error))
    NULL
  }
  counted <- function(warning) {
    n_warnings <<- n_warnings + 1
    invokeRestart("muffleWarning")
  }
  answer <- tryCatch(withCallingHandlers({
    began <- proc.time()
    fit <- Mclust(X, G = as.integer(job$components), modelNames = job$model, verbose = FALSE)
    seconds <- sum((proc.time() - began)[1:2])
    if (is.null(fit)) stop("mclust gives no fit")
    if (job$scored == "") {
      fit$classification
    } else {
      dens(rows_of(job$scored), modelName = fit$modelName, parameters = fit$parameters, logarithm = TRUE)
    }
  }, warning = counted), error = failed)
  if (!is.null(answer)) {
    writeLines(format(as.vector(answer), digits = 17), file.path(folder, paste0(job$job, ".csv")))
  }
  data.frame(job = job$job, seconds = seconds, n_warnings = n_warnings, message = message)
})
write.csv(do.call(rbind, answers), file.path(folder, "answers.csv"), row.names = FALSE)
