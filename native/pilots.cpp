#include "pilots.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>

#include "ascent.hpp"
#include "by_column.hpp"
#include "dispatch.hpp"
#include "kmeans.hpp"
#include "sums.hpp"

namespace mixfold {
namespace {

// What components without rows count, as in mixfold.statistics.
constexpr double fewest_rows = 1e-150;

// A mixture with its numbers, and a row for the sums of rows under it.
struct Mixture {
  Mixture(std::size_t components, std::size_t features, Structure structure)
      : numbers(components * (1 + features) + covariance_size(structure, components, features)),
        sums(sums_width(structure, components, features, false)),
        parameters{components,
                   features,
                   structure,
                   numbers.data(),
                   numbers.data() + components,
                   numbers.data() + components * (1 + features)} {}
  Mixture(const Mixture&) = delete;

  Sums sums_here() {
    return sums_in(sums.data(), parameters.structure, parameters.components, parameters.features, false);
  }

  std::vector<double> numbers, sums;
  Parameters parameters;
};

// The density of a mixture of rows with the jitter of a prior.
struct Density {
  Density(const Parameters& mixture, const Prior& prior)
      : offset(mixture.components),
        log_determinants(mixture.components),
        whitener(covariance_size(mixture.structure, mixture.components, mixture.features)),
        exists(whiten(mixture, prior, offset.data(), whitener.data(), log_determinants.data())),
        potentials{mixture.components, offset.data(), mixture.means, whitener.data(), mixture.structure} {}
  Density(const Density&) = delete;

  std::vector<double> offset, log_determinants, whitener;
  bool exists;
  Potentials potentials;
};

template <class Real>
double weight_of(const Real* weights, std::size_t n) {
  return weights == nullptr ? 1.0 : static_cast<double>(weights[n]);
}

// The clusters of a start: which of them each row is in.
template <class Real>
std::vector<std::int64_t> clusters(const PilotStart<Real>& start, const Real* weights, const OrderedRows& ordered,
                                   std::size_t components) {
  const Rows<Real>& rows = start.space;
  const std::size_t features = rows.features;
  std::vector<double> centers(components * features);
  kmeans(rows, weights, ordered, components, start.uniforms, 1, start.lloyd_steps, start.tolerance, centers.data());
  const std::vector<double> offset(components), whitener(components, 1.0);
  const Potentials nearest{components, offset.data(), centers.data(), whitener.data(), Structure::spherical};
  if (start.number > 0) {  // the means that these clusters have share the rows out
    std::vector<double> row(sums_width(Structure::spherical, components, features, false));
    Sums sums = cleared_sums(row.data(), Structure::spherical, components, features, false);
    kernels<Real>().statistics(rows, weights, nearest, true, Known{}, sums);
    for (std::size_t k = 0; k < components; ++k) {
      for (std::size_t i = 0; i < features && sums.count[k] > 0.0; ++i) {
        centers[k * features + i] += sums.shift[k * features + i] / sums.count[k];
      }
    }
  }
  std::vector<std::int64_t> labels(rows.count);
  kernels<Real>().labels(rows, nearest, labels.data());
  return labels;
}

// The components of equal covariance that clusters make: where these are too far apart for what lies within to follow from
// all rows, row by row, about the means of each.
template <class Real>
void share_out(const Rows<Real>& rows, const Real* weights, const std::vector<std::int64_t>& labels,
               const PooledFold<Real>& pooled, const Prior& prior, Parameters& start) {
  const std::size_t components = start.components, d = rows.features;
  std::vector<double> row(sums_width(start.structure, components, d, false)), centers(components * d), values(d);
  Sums sums = cleared_sums(row.data(), start.structure, components, d, false);
  const auto take = [&](std::size_t n) {
    const char* from = rows.data + static_cast<std::ptrdiff_t>(n) * rows.row_stride;
    for (double& value : values) {
      Real read;
      std::memcpy(&read, from, sizeof read);
      value = static_cast<double>(read);
      from += rows.column_stride;
    }
  };
  for (std::size_t n = 0; n < rows.count; ++n) {
    take(n);
    const auto k = static_cast<std::size_t>(labels[n]);
    sums.count[k] += weight_of(weights, n);
    for (std::size_t i = 0; i < d; ++i) centers[k * d + i] += weight_of(weights, n) * values[i];
  }
  for (std::size_t k = 0; k < components; ++k) {
    for (std::size_t i = 0; i < d && sums.count[k] > 0.0; ++i) centers[k * d + i] /= sums.count[k];
  }
  const double squares = prior.count * static_cast<double>(d);
  pooled.scatter(centers.data(), components, sums);
  maximize(sums, centers.data(), prior, &squares, nullptr, start);
  const Density density(start, prior);
  if (density.exists && !pooled.places(centers.data(), components, density.whitener.data()).empty()) return;
  std::fill(sums.scatter, sums.scatter + d * d, 0.0);
  for (std::size_t n = 0; n < rows.count; ++n) {
    take(n);
    const double weight = weight_of(weights, n);
    const double* center = centers.data() + static_cast<std::size_t>(labels[n]) * d;
    for (std::size_t i = 0; i < d; ++i) values[i] -= center[i];
    const double* const difference = values.data();
    for (std::size_t i = 0; i < d; ++i) {
      double* const line = sums.scatter + i * d;
      const double weighted = weight * difference[i];
      for (std::size_t j = 0; j < d; ++j) line[j] += weighted * difference[j];
    }
  }
  maximize(sums, centers.data(), prior, &squares, nullptr, start);
}

// EM from one start.
template <class Real>
class Racer {
 public:
  Racer(const Rows<Real>& rows, const Real* weights, PooledFold<Real>& pooled, const Prior& prior,
        std::unique_ptr<Mixture> start, std::size_t fewest, double resolution)
      : mixture(std::move(start)),
        ascent_(rows, weights, prior, mixture->parameters, mixture->sums.data(), false, &pooled),
        fewest_(static_cast<double>(fewest)),
        resolution_(resolution) {
    if ((can_go_on = ascent_.fold())) look();
  }

  void climb(std::size_t steps) {
    for (std::size_t step = 0; step < steps && can_go_on; ++step) {
      if ((can_go_on = ascent_.step(false))) look();
    }
  }

  double objective() const { return objectives_.back(); }
  double gain() const {
    constexpr double unknown = std::numeric_limits<double>::infinity();
    return objectives_.size() > 3 ? predicted_gain(&objectives_.back(), resolution_) : unknown;
  }
  bool has_density() const { return !objectives_.empty(); }
  bool is_sound() const {
    const double* counts = mixture->sums_here().count;
    return *std::min_element(counts, counts + mixture->parameters.components) >= fewest_;
  }

  std::unique_ptr<Mixture> mixture;
  bool can_go_on;

 private:
  void look() { objectives_.push_back((ascent_.log_likelihood + ascent_.log_prior) / ascent_.weight); }

  Ascent<Real> ascent_;
  const double fewest_, resolution_;
  std::vector<double> objectives_;
};

template <class Real>
using Racers = std::vector<std::unique_ptr<Racer<Real>>>;

template <class Real>
Racer<Real>* best_of(const Racers<Real>& racers) {
  Racer<Real>* best = nullptr;
  for (const auto& racer : racers) {
    if (racer->is_sound() && (best == nullptr || racer->objective() > best->objective())) best = racer.get();
  }
  return best;
}

// Lets those from one on climb, from one look to the next; those go on that may come up to the best of all.
template <class Real>
void race(const Racers<Real>& racers, std::size_t first, const PilotRules& rules) {
  const StoppingRule& rule = rules.rule;
  std::vector<Racer<Real>*> going;
  for (std::size_t i = first; i < racers.size(); ++i) going.push_back(racers[i].get());
  for (std::size_t made = 0; made < rules.steps && !going.empty();) {
    const std::size_t more = std::min(rule.interval, rules.steps - made);
    for (Racer<Real>* racer : going) racer->climb(more);
    made += more;
    const Racer<Real>* best = best_of(racers);
    std::erase_if(going, [&](const Racer<Real>* racer) {
      const double gain = racer->gain();
      const bool is_hopeless = best != nullptr && racer->objective() + rule.optimism * gain < best->objective();
      return !racer->can_go_on || gain < rule.gain || is_hopeless;
    });
  }
}

// Whether all have come to the same height.
template <class Real>
bool have_met(const Racers<Real>& racers, double apart) {
  const Racer<Real>* best = best_of(racers);
  return best != nullptr && std::all_of(racers.begin(), racers.end(), [&](const auto& racer) {
           return racer->is_sound() && racer->objective() >= best->objective() - apart;
         });
}

// Lets the best go on, where there is one.
template <class Real>
Racer<Real>* polished(const Racers<Real>& racers, const PilotRules& rules) {
  Racer<Real>* best = best_of(racers);
  for (std::size_t made = 0; best != nullptr && made < rules.polishing; made += rules.rule.interval) {
    if (!best->can_go_on || best->gain() < rules.rule.gain) break;
    best->climb(rules.rule.interval);
  }
  return best;
}

// Whether rows tell one density from another that is lower.
template <class Real>
bool is_told(const Rows<Real>& rows, const Real* weights, const Potentials& one, const Potentials& other,
             double standard_errors) {
  std::vector<Real> under_one(rows.count), under_other(rows.count);
  kernels<Real>().log_density(rows, one, under_one.data());
  kernels<Real>().log_density(rows, other, under_other.data());
  std::vector<double> ahead(rows.count);
  double total = 0.0, weight = 0.0, squares = 0.0;
  for (std::size_t n = 0; n < rows.count; ++n) {
    ahead[n] = static_cast<double>(under_one[n]) - static_cast<double>(under_other[n]);
    total += weight_of(weights, n) * ahead[n];
    weight += weight_of(weights, n);
  }
  for (std::size_t n = 0; n < rows.count; ++n) {
    const double beside = ahead[n] - total / weight;
    squares += weight_of(weights, n) * beside * beside;
  }
  return total > standard_errors * std::sqrt(squares);
}

template <class Real>
void sum_up(const Rows<Real>& rows, const Real* weights, const Potentials& under, Mixture& mixture) {
  const Parameters& parameters = mixture.parameters;
  Sums sums = cleared_sums(mixture.sums.data(), parameters.structure, parameters.components, rows.features, false);
  kernels<Real>().statistics(rows, weights, under, false, Known{}, sums);
}

// Weights and means.
void copy_places(const Parameters& from, const Parameters& to) {
  std::copy(from.weights, from.weights + from.components, to.weights);
  std::copy(from.means, from.means + from.components * from.features, to.means);
}

// Counts and scatters about the means, with the jitter of each row.
void tell_apart(Mixture& mixture, const double* jitter, Pilot& result) {
  const std::size_t d = mixture.parameters.features;
  const Sums sums = mixture.sums_here();
  for (std::size_t k = 0; k < mixture.parameters.components; ++k) {
    const double count = sums.count[k], jittered = jitter == nullptr ? count : std::max(count, fewest_rows);
    const double* shift = sums.shift + k * d;
    result.counts[k] = jittered;
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        const std::size_t at = i * d + j;
        double& scatter = result.scatters[k * d * d + at];
        scatter = sums.scatter[k * d * d + at];
        if (count > 0.0) scatter -= shift[i] * shift[j] / count;
        if (jitter != nullptr) scatter += jittered * jitter[at];
      }
    }
  }
}

}  // namespace

template <class Real>
Told pilot(const Rows<Real>& source, const Real* weights, const std::vector<PilotStart<Real>>& starts,
           const Prior& prior, const PilotRules& rules, const FreePilots* free, Pilot& result) {
  const std::size_t components = result.alike.components, d = source.features;
  const ByColumn<Real> columns(source);
  const Rows<Real>& rows = columns.rows();
  PooledFold<Real> pooled(rows, weights);
  Racers<Real> racers;
  std::map<std::size_t, OrderedRows> ordered;  // most starts share a space
  const auto begin = [&](const PilotStart<Real>& start) {
    const OrderedRows& rows_in_order = ordered.try_emplace(start.number, start.space, weights).first->second;
    auto mixture = std::make_unique<Mixture>(components, d, Structure::pooled);
    share_out(rows, weights, clusters(start, weights, rows_in_order, components), pooled, prior, mixture->parameters);
    auto racer = std::make_unique<Racer<Real>>(rows, weights, pooled, prior, std::move(mixture), start.fewest,
                                               rules.rule.resolution);
    if (racer->has_density()) racers.push_back(std::move(racer));
  };
  const std::size_t first = std::min(rules.first, starts.size());
  std::for_each(starts.begin(), starts.begin() + static_cast<std::ptrdiff_t>(first), begin);
  race(racers, 0, rules);
  if (racers.size() < first || !have_met(racers, rules.apart)) {
    const std::size_t begun = racers.size();
    std::for_each(starts.begin() + static_cast<std::ptrdiff_t>(first), starts.end(), begin);
    race(racers, begun, rules);
  }
  Racer<Real>* const best = polished(racers, rules);
  if (best == nullptr) return Told::nothing;
  const Mixture& found = *best->mixture;
  copy_places(found.parameters, result.alike);
  std::copy(found.parameters.covariances, found.parameters.covariances + d * d, result.alike.covariances);
  const Density under(result.alike, prior);
  if (free == nullptr) {
    kernels<Real>().labels(rows, under.potentials, result.labels);
    return Told::alike;
  }
  Mixture apart(components, d, Structure::full);
  copy_places(found.parameters, apart.parameters);
  std::vector<double> scale(result.alike.covariances, result.alike.covariances + d * d);
  for (double& value : scale) value *= free->scale;
  const Prior beside{scale.data(), free->count, prior.jitter, free->likeness, 0.0};
  const StoppingRule& rule = rules.rule;
  const Record record = expectation_maximization(rows, weights, beside, nullptr,
                                                 Elsewhere{Structure::pooled, result.alike.covariances, false}, 0.0,
                                                 free->steps, rule, false, apart.parameters, apart.sums.data());
  const Density other(apart.parameters, beside);
  if (!record.log_likelihood.empty() && other.exists &&
      is_told(rows, weights, other.potentials, under.potentials, free->standard_errors)) {
    kernels<Real>().labels(rows, other.potentials, result.labels);
    tell_apart(apart, prior.jitter, result);
    Mixture pooled(components, d, Structure::pooled);
    sum_up(rows, weights, other.potentials, pooled);
    const double squares = prior.count * static_cast<double>(d);
    maximize(pooled.sums_here(), apart.parameters.means, prior, &squares, nullptr, result.alike);
    return Told::apart;
  }
  sum_up(rows, weights, under.potentials, apart);
  kernels<Real>().labels(rows, under.potentials, result.labels);
  tell_apart(apart, prior.jitter, result);
  return Told::apart;
}

template Told pilot(const Rows<double>&, const double*, const std::vector<PilotStart<double>>&, const Prior&,
                    const PilotRules&, const FreePilots*, Pilot&);
template Told pilot(const Rows<float>&, const float*, const std::vector<PilotStart<float>>&, const Prior&,
                    const PilotRules&, const FreePilots*, Pilot&);

}  // namespace mixfold
