// Where the scans of a drive were made, and small systems of equations.

#include <algorithm>
#include <cmath>

#include "alignment.hpp"

namespace geoloc::alignment {

std::vector<Node> place(const Scans& scans, const State& state) {
  std::vector<Node> nodes(static_cast<size_t>(scans.nodes));
  const double scale = std::exp(state[3]);
  double x = 0.0, y = 0.0, drift_x = 0.0, drift_y = 0.0, change_x = 0.0, change_y = 0.0;
  for (int32_t i = scans.nodes - 1; i >= 0; --i) {
    const double* here = scans.motion + 4 * i;
    if (i + 1 < scans.nodes) {
      const double* next = here + 4;
      const double when = 0.5 * (here[3] + next[3]), half = 0.5 * when * when;
      const double angle = state[2] + state[4] * when + state[5] * half;
      const double c = scale * std::cos(angle), s = scale * std::sin(angle);
      const double dx = c * (next[0] - here[0]) - s * (next[1] - here[1]);
      const double dy = s * (next[0] - here[0]) + c * (next[1] - here[1]);
      x -= dx;
      y -= dy;
      drift_x += dy * when;
      drift_y -= dx * when;
      change_x += dy * half;
      change_y -= dx * half;
    }
    Node& node = nodes[static_cast<size_t>(i)];
    const double half = 0.5 * here[3] * here[3];
    node = {state[0] + x, state[1] + y, state[2] + here[2] + state[4] * here[3] + state[5] * half, {}};
    const double rows[3][kPath] = {
        {1, 0, -y, x, drift_x, change_x}, {0, 1, x, y, drift_y, change_y}, {0, 0, 1, 0, here[3], half}};
    std::copy(&rows[0][0], &rows[0][0] + 3 * kPath, &node.jacobian[0][0]);
  }
  return nodes;
}

bool invert3(const double (&m)[kOwn][kOwn], double (&out)[kOwn][kOwn]) {
  const double a = m[1][1] * m[2][2] - m[1][2] * m[2][1], b = m[1][2] * m[2][0] - m[1][0] * m[2][2],
               c = m[1][0] * m[2][1] - m[1][1] * m[2][0];
  const double determinant = m[0][0] * a + m[0][1] * b + m[0][2] * c;
  if (!(std::abs(determinant) > 1e-300)) return false;
  const double k = 1.0 / determinant;
  const double rows[3][3] = {
      {a * k, (m[0][2] * m[2][1] - m[0][1] * m[2][2]) * k, (m[0][1] * m[1][2] - m[0][2] * m[1][1]) * k},
      {b * k, (m[0][0] * m[2][2] - m[0][2] * m[2][0]) * k, (m[0][2] * m[1][0] - m[0][0] * m[1][2]) * k},
      {c * k, (m[0][1] * m[2][0] - m[0][0] * m[2][1]) * k, (m[0][0] * m[1][1] - m[0][1] * m[1][0]) * k}};
  std::copy(&rows[0][0], &rows[0][0] + 9, &out[0][0]);
  return true;
}

bool solve(Square a, State& b) {
  for (int i = 0; i < kState; ++i) {
    for (int j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (int k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      if (i == j) {
        if (!(sum > 0.0)) return false;
        a[i][i] = std::sqrt(sum);
      } else {
        a[i][j] = sum / a[j][j];
      }
    }
  }
  for (int i = 0; i < kState; ++i) {
    for (int k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (int i = kState - 1; i >= 0; --i) {
    for (int k = i + 1; k < kState; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return true;
}

}  // namespace geoloc::alignment
