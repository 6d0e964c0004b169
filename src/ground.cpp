// The ground around the vehicle: its points, and the plane through them. See geoloc_ros/scan/ground.py.

#include <algorithm>
#include <array>

#include "observe_view.hpp"

namespace {

constexpr float kTooLarge = 500.0f;
constexpr int kLanes = 8;

// Sums over the points that the normal equations need: of w, x, y, x x, x y, y y, h, x h, y h.
using Sums = std::array<double, 9>;

GEOLOC_CLONES void add_block(const float* point, const double* plane, double per_scale2, double* lanes) {
  for (int i = 0; i < kLanes; ++i) {
    const double x = point[3 * i], y = point[3 * i + 1], h = point[3 * i + 2];
    const double off = h - (plane[0] * x + plane[1] * y + plane[2]);
    // Kerbs, puddles and wrong labels are far off the plane: their weight falls with the fourth power.
    const double far = 1.0 + off * off * per_scale2, weight = 1.0 / (far * far);
    const double wx = weight * x, wy = weight * y;
    lanes[0 * kLanes + i] += weight;
    lanes[1 * kLanes + i] += wx;
    lanes[2 * kLanes + i] += wy;
    lanes[3 * kLanes + i] += wx * x;
    lanes[4 * kLanes + i] += wx * y;
    lanes[5 * kLanes + i] += wy * y;
    lanes[6 * kLanes + i] += weight * h;
    lanes[7 * kLanes + i] += wx * h;
    lanes[8 * kLanes + i] += wy * h;
  }
}

Sums weighted_sums(const float* points, int64_t count, const double* plane, double scale) {
  std::array<double, 9 * kLanes> lanes{};
  const double per_scale2 = 1.0 / (scale * scale);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) add_block(points + 3 * i, plane, per_scale2, lanes.data());
  Sums sums{};
  for (int s = 0; s < 9; ++s) {
    for (int lane = 0; lane < kLanes; ++lane) sums[s] += lanes[s * kLanes + lane];
  }
  // The rest, filled up to a block.
  if (i < count) {
    std::array<float, 3 * kLanes> rest{};
    std::copy(points + 3 * i, points + 3 * count, rest.begin());
    std::array<double, 9 * kLanes> last{};
    add_block(rest.data(), plane, per_scale2, last.data());
    for (int s = 0; s < 9; ++s) {
      for (int lane = 0; lane < count - i; ++lane) sums[s] += last[s * kLanes + lane];
    }
  }
  return sums;
}

// Solves a symmetric positive definite 3 x 3 system by Cholesky.
void solve(double a00, double a01, double a02, double a11, double a12, double a22, const double* b, double* x) {
  const double l00 = std::sqrt(a00), l10 = a01 / l00, l20 = a02 / l00;
  const double l11 = std::sqrt(a11 - l10 * l10), l21 = (a12 - l20 * l10) / l11;
  const double l22 = std::sqrt(a22 - l20 * l20 - l21 * l21);
  const double y0 = b[0] / l00, y1 = (b[1] - l10 * y0) / l11, y2 = (b[2] - l20 * y0 - l21 * y1) / l22;
  x[2] = y2 / l22;
  x[1] = (y1 - l21 * x[2]) / l11;
  x[0] = (y0 - l10 * x[1] - l20 * x[2]) / l00;
}

}  // namespace

extern "C" {

// Points (count, 3), in the frame that the rotations of the views lead to, of road and pavement within `reach` around
// its origin, measured by `source`; returns how many, at most `capacity` of a view, the lower parts of the images first.
// Of sparse depth every pixel is looked at, of others about `num_pixels` of a view, at most every 16th. seen
// (num_views, 2): of those pixels, whatever they show, how many have a depth, and how many one that no street has in
// metres.
int64_t geoloc_ground_points(const geoloc::View* views, int num_views, int source, int num_pixels, float reach,
                             int64_t capacity, float* points, int64_t* seen) {
  int64_t count = 0;
  for (int i = 0; i < num_views; ++i) {
    const geoloc::View& view = views[i];
    const float *r = view.rotation, *t = view.translation;
    seen[2 * i] = seen[2 * i + 1] = 0;
    geoloc::RowRays rays(view);
    const float apart = std::sqrt(static_cast<float>(view.width) * view.height / static_cast<float>(num_pixels));
    const int step = source == 0 ? 1 : std::max(4, static_cast<int>(apart));
    const int64_t end = count + capacity;
    for (int d = 0; d < view.num_depths; ++d) {
      if (view.source[d] != source) continue;
      for (int v = (view.height - 1) / step * step; v >= 0; v -= step) {
        const uint8_t* label = view.labels + static_cast<int64_t>(v) * view.width;
        const float* depth = view.depth[d] + static_cast<int64_t>(v) * view.width;
        bool is_loaded = false;
        for (int u = 0; u < view.width; u += step) {
          if (!geoloc::is_depth(depth[u])) continue;
          ++seen[2 * i];
          seen[2 * i + 1] += depth[u] > kTooLarge;
          if ((label[u] != geoloc::kRoad && label[u] != geoloc::kPavement) || depth[u] >= 2.0f * reach) continue;
          if (!is_loaded) rays.load(v);
          is_loaded = true;
          const float x = rays.x[u] * depth[u], y = rays.y[u] * depth[u], z = rays.z[u] * depth[u];
          const float px = r[0] * x + r[1] * y + r[2] * z + t[0], py = r[3] * x + r[4] * y + r[5] * z + t[1];
          if (!(px * px + py * py < reach * reach) || count == end) continue;
          points[3 * count] = px;
          points[3 * count + 1] = py;
          points[3 * count + 2] = r[6] * x + r[7] * y + r[8] * z + t[2];
          ++count;
        }
      }
    }
  }
  return count;
}

// Robust plane z = a x + b y + c through points (count, 3), near a prior one with the weights (3,) given.
void geoloc_fit_plane(const float* points, int64_t count, const double* prior, const double* weight, int iterations,
                      double first_scale, double last_scale, double* plane) {
  double scale = first_scale;
  std::copy(prior, prior + 3, plane);
  for (int i = 0; i < iterations; ++i) {
    const Sums s = weighted_sums(points, count, plane, scale);
    const double right[3] = {s[7] + weight[0] * prior[0], s[8] + weight[1] * prior[1], s[6] + weight[2] * prior[2]};
    solve(s[3] + weight[0], s[4], s[1], s[5] + weight[1], s[2], s[0] + weight[2], right, plane);
    scale = std::max(last_scale, 0.6 * scale);
  }
}

}  // extern "C"
