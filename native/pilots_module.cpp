// The part of the Python module that fits the pilots of a prior, and weighs how alike they are.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include <algorithm>

#include "kmeans.hpp"
#include "likeness.hpp"
#include "pilots.hpp"
#include "views.hpp"

namespace nb = nanobind;

namespace mixfold {
namespace {

// Starts are rows of `plan`: the space, (N, ...), Lloyd's iterations, and the fewest rows of a component; the first
// space is that of the components. Gives what is told (`Told`).
template <class Real>
int pilot_of(const nb::typed<nb::tuple, nb::object, nb::ellipsis>& spaces, const Optional<Real>& weights,
             const View<std::int64_t>& plan, const View<double>& uniforms, const View<double>& tolerances,
             const View<double>& prior_scale, double prior_count, const View<double>& prior_jitter, std::size_t first,
             double apart, std::size_t steps, std::size_t polishing, std::size_t interval, double gain, double optimism,
             double resolution, bool learns, double free_scale, double free_count, double free_likeness,
             double standard_errors, std::size_t free_steps, const Output<double>& mixture_weights,
             const Output<double>& means, const Output<double>& covariance, const Output<std::int64_t>& labels,
             const Output<double>& counts, const Output<double>& scatters) {
  std::vector<View<Real>> views(spaces.size());
  std::vector<Rows<Real>> rows;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (!views[i].open(nb::object(spaces[i]).ptr())) {
      if (i == 0) throw nb::next_overload();
      throw std::invalid_argument("Spaces must be matrices of one type.");
    }
    rows.push_back(views[i].rows("spaces"));
    if (rows[i].count != rows[0].count || rows[i].count == 0 || rows[i].features == 0) {
      throw std::invalid_argument("Spaces must all have a row for each row, and a feature.");
    }
  }
  if (rows.empty()) throw std::invalid_argument("There must be a space.");
  const std::size_t n = rows[0].count, d = rows[0].features, k = mixture_weights.size(0), n_starts = plan.size(0);
  if (k == 0) throw std::invalid_argument("There must be a component.");
  if (interval < 3) throw std::invalid_argument("interval must be 3 at least.");
  const Real* const weight = weights_of(weights, n);
  const std::int64_t* const planned = plan.contiguous("plan", n_starts, 3);
  const double* const numbers = uniforms.contiguous("uniforms", n_starts, kmeans_draws(k));
  const double* const tolerance = tolerances.contiguous("tolerances", n_starts);
  std::vector<PilotStart<Real>> starts;
  for (std::size_t i = 0; i < n_starts; ++i) {
    const std::int64_t *const one = planned + 3 * i, space = one[0];
    if (space < 0 || space >= static_cast<std::int64_t>(rows.size()) || one[1] < 0 || one[2] < 0) {
      throw std::invalid_argument("plan must name spaces that there are, and numbers that are not negative.");
    }
    const auto at = static_cast<std::size_t>(space);
    starts.push_back({rows[at], numbers + i * kmeans_draws(k), static_cast<std::size_t>(one[1]), tolerance[i], at,
                      static_cast<std::size_t>(one[2])});
  }
  const double* const jitter = prior_jitter.contiguous("prior_jitter", d * d);
  const bool is_jittered = std::any_of(jitter, jitter + d * d, [](double v) { return v != 0.0; });
  const double* const scale = prior_scale.contiguous("prior_scale", d * d);
  const Prior prior{scale, prior_count, is_jittered ? jitter : nullptr, 0.0, 0.0};
  const double infinity = std::numeric_limits<double>::infinity();
  const PilotRules rules{first, apart, steps, polishing,
                         StoppingRule{interval, gain, optimism, -infinity, 0.0, infinity, resolution}};
  const FreePilots free{free_scale, free_count, free_likeness, standard_errors, free_steps};
  Pilot result{{k, d, Structure::pooled, mixture_weights.contiguous("mixture_weights", k),
                means.contiguous("means", k, d), covariance.contiguous("covariance", d, d)},
               labels.contiguous("labels", n),
               counts.contiguous("counts", k),
               scatters.contiguous("scatters", k, d, d)};
  nb::gil_scoped_release release;
  return static_cast<int>(pilot(rows[0], weight, starts, prior, rules, learns ? &free : nullptr, result));
}

// Of each number of pseudo-rows the log evidence that it tells the size of scatters, (K, D, D) or (K, D), and the shape, in
// a row of `result` (G, 2). Gives how many components tell it: at least two, or else there is nothing in `result`.
std::size_t evidence_of_likeness(const View<double>& scatters, const View<double>& counts, const View<double>& rows,
                                 double least, const Output<double>& result) {
  const std::size_t k = scatters.size(0), d = scatters.size(1), n = rows.size(0);
  const bool is_matrix = scatters.size(2) > 0;
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  const Separate separate{is_matrix ? scatters.contiguous("scatters", k, d, d) : scatters.contiguous("scatters", k, d),
                          counts.contiguous("counts", k), k, d, is_matrix};
  const double* const each = rows.contiguous("rows", n);
  double* const evidence = result.contiguous("result", n, 2);
  nb::gil_scoped_release release;
  std::vector<double> ratios(k * d), degrees(k);
  const Scatters told{ratios.data(), degrees.data(), ratios_in_others(separate, least, ratios.data(), degrees.data()),
                      d};
  if (told.components < 2) return told.components;
  for (std::size_t i = 0; i < n; ++i) {
    evidence[2 * i] = size_evidence(told, each[i]);
    evidence[2 * i + 1] = shape_evidence(told, each[i], is_matrix);
  }
  return told.components;
}

template <class Real>
void bind(nb::module_& module) {
  using namespace nb::literals;
  module.def("pilot", &pilot_of<Real>, "spaces"_a, "weights"_a.none(), "plan"_a, "uniforms"_a, "tolerances"_a,
             "prior_scale"_a, "prior_count"_a, "prior_jitter"_a, "first"_a, "apart"_a, "steps"_a, "polishing"_a,
             "interval"_a, "gain"_a, "optimism"_a, "resolution"_a, "learns"_a, "free_scale"_a, "free_count"_a,
             "free_likeness"_a, "standard_errors"_a, "free_steps"_a, "mixture_weights"_a, "means"_a, "covariance"_a,
             "labels"_a, "counts"_a, "scatters"_a);
}

}  // namespace

void bind_pilots(nb::module_& module) {
  using namespace nb::literals;
  module.def("evidence_of_likeness", &evidence_of_likeness, "scatters"_a, "counts"_a, "rows"_a, "least"_a, "result"_a);
  bind<float>(module);
  bind<double>(module);
}

}  // namespace mixfold
