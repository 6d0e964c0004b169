// The normal equations of a step, and buildings eliminated from them.

#include <algorithm>
#include <cmath>

#include "alignment.hpp"

namespace geoloc::alignment {
namespace {

constexpr double kRayFreedom = 0.5;
constexpr double kFixFreedom = 4.0;

}  // namespace

System Alignment::build(const State& state) {
  System system{};
  clear_sums();
  sum_rows();
  for (const Cell& cell : cells_) accumulate(cell, system);
  for (auto& building : buildings_) eliminate(building, system);
  if (fixes_.size > 0) add_fixes(system);
  for (int i = 0; i < kState; ++i)
    for (int j = 0; j < kState; ++j) {
      const double p = information_[kState * i + j];
      system.square[i][j] += p;
      const double off = j == 2 ? wrap(mean_[j] - state[j]) : mean_[j] - state[j];
      system.right[i] += p * off;
    }
  return system;
}

void Alignment::settle(const State& step) {
  for (auto& building : buildings_) {
    if (building.cells == 0) continue;
    double right[kOwn], inverse[kOwn][kOwn];
    for (int a = 0; a < kOwn; ++a) {
      right[a] = building.right[a];
      for (int i = 0; i < kState; ++i) right[a] -= building.cross[i][a] * step[i];
    }
    if (!invert3(building.square, inverse)) continue;
    for (int a = 0; a < kOwn; ++a) {
      building.own[a] = 0.0;
      for (int b = 0; b < kOwn; ++b) building.own[a] += inverse[a][b] * right[b];
    }
  }
}

// The leave-one-out jackknife in one step per building, over the variance that the information of the buildings promises;
// 0 where there is none.
double Alignment::disagreement(const System& system) {
  State by[2] = {{1.0}, {0.0, 1.0}};  // columns of the covariance
  if (!solve(system.square, by[0]) || !solve(system.square, by[1])) return 0.0;
  const double determinant = by[0][0] * by[1][1] - by[0][1] * by[1][0];
  const double weight[2][2] = {{by[1][1] / determinant, -by[0][1] / determinant},
                               {-by[1][0] / determinant, by[0][0] / determinant}};
  std::vector<System> parts(buildings_.size());
  clear_sums();
  for (const Cell& cell : cells_) accumulate(cell, parts[static_cast<size_t>(cell.building)]);
  double found = 0.0, promised = 0.0;
  for (size_t n = 0; n < parts.size(); ++n) {
    System& part = parts[n];
    eliminate(buildings_[n], part);
    Square others = system.square;
    for (int i = 0; i < kState; ++i)
      for (int j = 0; j < kState; ++j) others[i][j] -= part.square[i][j];
    State moved = part.right;
    if (!solve(others, moved)) continue;
    for (int a = 0; a < 2; ++a)
      for (int b = 0; b < 2; ++b) {
        found += moved[a] * weight[a][b] * moved[b];
        for (int i = 0; i < kState; ++i)
          for (int j = 0; j < kState; ++j) promised += weight[a][b] * by[a][i] * part.square[i][j] * by[b][j];
      }
  }
  return promised > 0.0 ? found / promised : 0.0;
}

void Alignment::clear_sums() {
  for (auto& building : buildings_) {
    const Building fresh = {{building.own[0], building.own[1], building.own[2]}, {}, {}, {}, 0};
    building = fresh;
  }
}

void Alignment::sum_rows() {
  for (Cell& cell : cells_) cell = {cell.node, cell.building, {}, {}};
  for (const Row& row : rows_) {
    Cell& cell = cells_[static_cast<size_t>(row.cell)];
    double w = row.base;
    if (!row.is_edge) {
      const double* own = buildings_[static_cast<size_t>(cell.building)].own;
      const double unit = (row.e - own[0] + row.d[0] * own[1] + row.d[1] * own[2]) / model_.ray_sigma;
      w *= (kRayFreedom + 1.0) / (kRayFreedom + unit * unit);
    }
    const double d[kLocal] = {row.d[0], row.d[1], row.d[2], row.is_edge ? 0.0 : 1.0};
    for (int a = 0; a < kLocal; ++a) {
      const double weighed = w * d[a];
      cell.right[a] += weighed * row.e;
      for (int b = 0; b <= a; ++b) cell.square[a][b] += weighed * d[b];
    }
  }
  for (Cell& cell : cells_)
    for (int a = 0; a < kLocal; ++a)
      for (int b = a + 1; b < kLocal; ++b) cell.square[a][b] = cell.square[b][a];
}

void Alignment::accumulate(const Cell& cell, System& system) {
  Building& building = buildings_[static_cast<size_t>(cell.building)];
  const Node& node = nodes_[static_cast<size_t>(cell.node)];
  const auto& square = cell.square;
  const auto& right = cell.right;
  // By the state: x, y, yaw of the node by five of it, the camera's yaw, and depth.
  double by[kLocal][kState] = {};
  for (int a = 0; a < 3; ++a) std::copy(node.jacobian[a], node.jacobian[a] + kPath, by[a]);
  by[2][kCamera] = 1.0;
  by[3][kDepth] = 1.0;
  double half[kLocal][kState] = {};
  for (int a = 0; a < kLocal; ++a)
    for (int b = 0; b < kLocal; ++b)
      for (int i = 0; i < kState; ++i) half[a][i] += square[a][b] * by[b][i];
  for (int i = 0; i < kState; ++i) {
    for (int a = 0; a < kLocal; ++a) {
      system.right[i] += by[a][i] * right[a];
      for (int j = 0; j < kState; ++j) system.square[i][j] += by[a][i] * half[a][j];
    }
    building.cross[i][0] += half[3][i];
    building.cross[i][1] -= half[0][i];
    building.cross[i][2] -= half[1][i];
  }
  constexpr int local[kOwn] = {3, 0, 1};
  constexpr double sign[kOwn] = {1.0, -1.0, -1.0};
  for (int a = 0; a < kOwn; ++a) {
    building.right[a] += sign[a] * right[local[a]];
    for (int b = 0; b < kOwn; ++b) building.square[a][b] += sign[a] * sign[b] * square[local[a]][local[b]];
  }
  ++building.cells;
}

void Alignment::eliminate(Building& building, System& system) const {
  if (building.cells == 0) return;
  const double unit = building.own[0] / model_.depth_sigma;
  building.square[0][0] += (kDepthFreedom + 1.0) / (kDepthFreedom + unit * unit) /
                           (model_.depth_sigma * model_.depth_sigma);
  for (int a = 1; a < kOwn; ++a) building.square[a][a] += 1.0 / (model_.offset_sigma * model_.offset_sigma);
  double inverse[kOwn][kOwn];
  if (!invert3(building.square, inverse)) return;
  for (int i = 0; i < kState; ++i) {
    double half[kOwn] = {};
    for (int a = 0; a < kOwn; ++a)
      for (int b = 0; b < kOwn; ++b) half[a] += building.cross[i][b] * inverse[b][a];
    for (int a = 0; a < kOwn; ++a) {
      system.right[i] -= half[a] * building.right[a];
      for (int j = 0; j < kState; ++j) system.square[i][j] -= half[a] * building.cross[j][a];
    }
  }
}

// Fixes with a bias in common, which is as large as one of them is wrong, and is eliminated.
void Alignment::add_fixes(System& system) {
  double square[2][2] = {}, cross[kState][2] = {}, right[2] = {};
  for (int32_t n = 0; n < fixes_.size; ++n) {
    const Node& node = nodes_[static_cast<size_t>(fixes_.node[n])];
    const double e[2] = {fixes_.position[2 * n] - node.x - bias_[0], fixes_.position[2 * n + 1] - node.y - bias_[1]};
    const double* given = fixes_.information + 3 * n;
    const double distance = given[0] * e[0] * e[0] + 2.0 * given[1] * e[0] * e[1] + given[2] * e[1] * e[1];
    const double weight = (kFixFreedom + 2.0) / (kFixFreedom + distance);
    const double w[2][2] = {{weight * given[0], weight * given[1]}, {weight * given[1], weight * given[2]}};
    if (n == 0) {
      square[0][0] += given[0];
      square[0][1] += given[1];
      square[1][0] += given[1];
      square[1][1] += given[2];
    }
    for (int a = 0; a < 2; ++a)
      for (int b = 0; b < 2; ++b) {
        const double away = e[b] + bias_[b];
        square[a][b] += w[a][b];
        right[a] += w[a][b] * away;
        for (int i = 0; i < kPath; ++i) {
          const double by = node.jacobian[a][i] * w[a][b];
          cross[i][b] += by;
          system.right[i] += by * away;
          for (int j = 0; j < kPath; ++j) system.square[i][j] += by * node.jacobian[b][j];
        }
      }
  }
  const double determinant = square[0][0] * square[1][1] - square[0][1] * square[1][0];
  const double inverse[2][2] = {{square[1][1] / determinant, -square[0][1] / determinant},
                                {-square[1][0] / determinant, square[0][0] / determinant}};
  for (int a = 0; a < 2; ++a) {
    bias_[a] = inverse[a][0] * right[0] + inverse[a][1] * right[1];
    for (int b = 0; b < 2; ++b)
      for (int i = 0; i < kState; ++i) {
        const double by = cross[i][a] * inverse[a][b];
        system.right[i] -= by * right[b];
        for (int j = 0; j < kState; ++j) system.square[i][j] -= by * cross[j][b];
      }
  }
}

}  // namespace geoloc::alignment
