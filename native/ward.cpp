#include "ward.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace mixfold {
namespace {

class Ward {
 public:
  Ward(const double* rows, std::size_t n, std::size_t d)
      : n_(n),
        d_(d),
        left_(n),
        means_(n * d),
        sizes_(n, 1.0),
        growth_(n),
        members_(n) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t a = 0; a < d; ++a) means_[a * n_ + i] = rows[i * d + a];
    }
    std::iota(members_.begin(), members_.end(), std::size_t{0});
  }

  void run(std::int64_t* parts, std::int64_t* sizes, std::int64_t* order) {
    std::vector<std::size_t> chain;
    while (left_ > 1) {
      if (chain.empty()) chain.push_back(0);
      const std::size_t last = chain.back(), before = chain.size() > 1 ? chain[chain.size() - 2] : left_;
      const std::size_t nearest = nearest_to(last, before);
      if (nearest != before) {
        chain.push_back(nearest);
        continue;
      }
      chain.resize(chain.size() - 2);
      const std::size_t gone = join(last, before);
      for (std::size_t& one : chain) {
        if (one == left_) one = gone;  // the last cluster has taken the place of the one that is gone
      }
    }
    number(parts, sizes);
    std::vector<std::int64_t> begins(2 * n_ - 1, 0);
    for (std::size_t i = n_ - 1; i-- > 0;) {
      const std::int64_t one = parts[2 * i], size = one < static_cast<std::int64_t>(n_) ? 1 : sizes[one - n_];
      begins[one] = begins[n_ + i];
      begins[parts[2 * i + 1]] = begins[n_ + i] + size;
    }
    for (std::size_t i = 0; i < n_; ++i) order[begins[i]] = static_cast<std::int64_t>(i);
  }

 private:
  struct Join {
    double cost;
    std::size_t one, other;  // a row of each
  };

  // The one before in the chain where it is as near: else chains might never end.
  std::size_t nearest_to(std::size_t at, std::size_t before) {
    double* const growth = growth_.data();
    const double* const sizes = sizes_.data();
    std::fill(growth, growth + left_, 0.0);
    for (std::size_t a = 0; a < d_; ++a) {
      const double* const mean = means_.data() + a * n_;
      const double own = mean[at];
      for (std::size_t i = 0; i < left_; ++i) growth[i] += (mean[i] - own) * (mean[i] - own);
    }
    const double own = sizes[at];
    for (std::size_t i = 0; i < left_; ++i) growth[i] *= own * sizes[i] / (own + sizes[i]);
    growth_[at] = std::numeric_limits<double>::infinity();
    double least[4] = {growth[0], growth[0], growth[0], growth[0]};  // four that do not wait for each other
    std::size_t i = 0;
    for (; i + 4 <= left_; i += 4) {
      for (std::size_t j = 0; j < 4; ++j) least[j] = growth[i + j] < least[j] ? growth[i + j] : least[j];
    }
    for (; i < left_; ++i) least[0] = growth[i] < least[0] ? growth[i] : least[0];
    cost_ = std::min(std::min(least[0], least[1]), std::min(least[2], least[3]));
    if (before < left_ && !(cost_ < growth[before])) return before;
    const double* const found = std::find(growth, growth + left_, cost_);
    // Where no cost is a number anyone is as near.
    return found < growth + left_ && found != growth + at ? static_cast<std::size_t>(found - growth) : at == 0 ? 1 : 0;
  }

  // Gives the place that is left by the second, which the last cluster takes.
  std::size_t join(std::size_t one, std::size_t other) {
    if (other < one) std::swap(one, other);
    joins_.push_back({cost_, members_[one], members_[other]});
    const double m = sizes_[one], n = sizes_[other];
    --left_;
    for (std::size_t a = 0; a < d_; ++a) {
      double* const mean = means_.data() + a * n_;
      mean[one] += n / (m + n) * (mean[other] - mean[one]);
      mean[other] = mean[left_];
    }
    sizes_[one] = m + n;
    sizes_[other] = sizes_[left_];
    members_[other] = members_[left_];
    return other;
  }

  void number(std::int64_t* parts, std::int64_t* sizes) {
    std::stable_sort(joins_.begin(), joins_.end(), [](const Join& a, const Join& b) { return a.cost < b.cost; });
    std::vector<std::size_t> above(2 * n_ - 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    std::vector<std::int64_t> size(2 * n_ - 1, 1);
    const auto top = [&above](std::size_t one) {
      while (above[one] != one) one = above[one] = above[above[one]];
      return one;
    };
    for (std::size_t i = 0; i + 1 < n_; ++i) {
      std::size_t one = top(joins_[i].one), other = top(joins_[i].other);
      if (other < one) std::swap(one, other);
      above[one] = above[other] = n_ + i;
      parts[2 * i] = static_cast<std::int64_t>(one);
      parts[2 * i + 1] = static_cast<std::int64_t>(other);
      sizes[i] = size[n_ + i] = size[one] + size[other];
    }
  }

  std::size_t n_, d_, left_;
  std::vector<double> means_, sizes_, growth_;
  std::vector<std::size_t> members_;
  std::vector<Join> joins_;
  double cost_ = 0.0;
};

}  // namespace

void join_by_ward(const double* rows, std::size_t n, std::size_t d, std::int64_t* parts, std::int64_t* sizes,
                  std::int64_t* order) {
  Ward(rows, n, d).run(parts, sizes, order);
}

}  // namespace mixfold
