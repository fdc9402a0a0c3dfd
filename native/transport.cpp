#include "transport.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace mixfold {

void cheapest_plan(const double* costs, std::size_t k, std::size_t m, const double* rows, const double* columns,
                   double* plan) {
  constexpr double far = std::numeric_limits<double>::infinity();
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::fill(plan, plan + k * m, 0.0);
  std::vector<double> supply(rows, rows + k), demand(columns, columns + m);
  // Prices, with which no reduced cost price_i + cost_ij - paid_j is below zero, and those that are used are zero.
  std::vector<double> price(k, 0.0), paid(m, far);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < m; ++j) paid[j] = std::min(paid[j], costs[i * m + j]);
  }
  std::vector<double> to_row(k), to_column(m);
  std::vector<std::size_t> row_of(m), column_of(k);  // from where the shortest path comes
  std::vector<char> row_done(k), column_done(m);
  for (;;) {
    bool waits = false;
    for (std::size_t i = 0; i < k; ++i) {
      to_row[i] = supply[i] > 0.0 ? 0.0 : far;
      waits |= supply[i] > 0.0;
    }
    if (!waits) return;
    std::fill(to_column.begin(), to_column.end(), far);
    std::fill(column_of.begin(), column_of.end(), none);
    std::fill(row_done.begin(), row_done.end(), 0);
    std::fill(column_done.begin(), column_done.end(), 0);
    std::size_t target = none;
    double length = far;
    while (target == none) {
      std::size_t row = none, column = none;
      double nearest = far;
      for (std::size_t i = 0; i < k; ++i) {
        if (!row_done[i] && to_row[i] < nearest) nearest = to_row[i], row = i;
      }
      for (std::size_t j = 0; j < m; ++j) {
        if (!column_done[j] && to_column[j] < nearest) nearest = to_column[j], row = none, column = j;
      }
      if (row == none && column == none) return;  // only rounding is left
      if (row != none) {
        row_done[row] = 1;
        const double base = nearest + price[row];
        const double* const own = costs + row * m;
        for (std::size_t j = 0; j < m; ++j) {
          const double through = std::max(base + own[j] - paid[j], nearest);
          if (!column_done[j] && through < to_column[j]) to_column[j] = through, row_of[j] = row;
        }
      } else {
        column_done[column] = 1;
        if (demand[column] > 0.0) {
          target = column, length = nearest;
          break;
        }
        for (std::size_t i = 0; i < k; ++i) {
          if (!row_done[i] && plan[i * m + column] > 0.0 && nearest < to_row[i]) {
            to_row[i] = nearest, column_of[i] = column;
          }
        }
      }
    }
    // What all of the path can carry, and then that much along it.
    double amount = demand[target];
    std::size_t root = none;
    for (std::size_t j = target;;) {
      const std::size_t i = row_of[j];
      if (column_of[i] == none) {
        amount = std::min(amount, supply[i]), root = i;
        break;
      }
      j = column_of[i];
      amount = std::min(amount, plan[i * m + j]);
    }
    for (std::size_t j = target;;) {
      const std::size_t i = row_of[j];
      plan[i * m + j] += amount;
      if (i == root && column_of[i] == none) break;
      j = column_of[i];
      plan[i * m + j] -= amount;
    }
    supply[root] -= amount, demand[target] -= amount;
    for (std::size_t i = 0; i < k; ++i) price[i] += std::min(to_row[i], length);
    for (std::size_t j = 0; j < m; ++j) paid[j] += std::min(to_column[j], length);
  }
}

}  // namespace mixfold
