// From label images and depths to what each ray of a scan saw. See geoloc_ros/scan/observe.py.

#include <algorithm>
#include <array>
#include <cstring>

#include "observe_samples.hpp"
#include "observe_view.hpp"

namespace {

using geoloc::View;
using geoloc::Samples;
using geoloc::Sorter;
using geoloc::is_depth;

constexpr float kPi = 3.14159265358979f;
constexpr int kNumSources = 4;
// Directions are no longer, unless intrinsics are nonsense.
constexpr float kLongestRay = 1e15f;

// Turn of the direction (x, y) in units of `per_radian`, in [0, 2 pi per_radian]. Within 1e-5 rad of atan2 and without
// branches: a bin is 1000 times wider.
__attribute__((always_inline)) inline float turn_of(float y, float x, float per_radian) {
  const float ax = std::fabs(x), ay = std::fabs(y);
  const float big = ax > ay ? ax : ay, small = ax > ay ? ay : ax;
  const float a = small / (big + 1e-30f), s = a * a;
  float angle =
      a * (0.99997726f + s * (-0.33262347f + s * (0.19354346f + s * (-0.11643287f + s * (0.05265332f - s * 0.01172120f)))));
  angle = ay > ax ? 0.5f * kPi - angle : angle;
  angle = x < 0.0f ? kPi - angle : angle;
  angle = y < 0.0f ? 2.0f * kPi - angle : angle;
  return angle * per_radian;
}

// The ray whose bin holds a turn; bin k is centred on ray k. What is no number gets ray 0: nothing may be written
// beside the rays, whatever a mount or a lens says.
__attribute__((always_inline)) inline int ray_at(float turn, int num_rays) {
  const int ray = static_cast<int>(turn >= 0.0f ? turn + 0.5f : 0.0f);
  return ray >= num_rays ? ray - num_rays : ray;
}

// What counts as a building, and how rays are told apart.
struct Limits {
  int num_rays;
  float min_height, max_height, max_range, min_sine, max_sine, per_radian;
};

// Columns of the pixels of a row that matter, and what is worked out for them.
struct Row {
  std::vector<uint8_t> is_near_horizon;
  std::vector<int32_t> column, ray, is_good;
  std::vector<float> x, y, z, depth, range;

  void resize(int width) {
    if (static_cast<int>(column.size()) >= width) return;
    is_near_horizon.resize(width);
    for (auto* values : {&column, &ray, &is_good}) values->resize(width);
    for (auto* values : {&x, &y, &z, &depth, &range}) values->resize(width);
  }
};

// Kept from frame to frame, per thread: a fresh megabyte costs more than what is written to it.
struct Scratch {
  std::array<Samples, kNumSources> samples;
  Row row;
  Sorter sorter;
};

// Which pixels of a row look to where a building in reach would show above the horizon; whether any does.
GEOLOC_CLONES bool find_horizon(int width, const float* __restrict x, const float* __restrict y,
                                const float* __restrict z, const float* r, float lowest, float highest,
                                uint8_t* __restrict is_near) {
  int any = 0;
  for (int u = 0; u < width; ++u) {
    const float up = r[6] * x[u] + r[7] * y[u] + r[8] * z[u];
    const float length = std::sqrt(x[u] * x[u] + y[u] * y[u] + z[u] * z[u]);
    const int is_in = (up >= lowest * length) & (up <= highest * length) & (length < kLongestRay);
    is_near[u] = static_cast<uint8_t>(is_in);
    any |= is_in;
  }
  return any != 0;
}

// Ray and range on the ground plane of `count` points, and whether they are what a scan shows.
GEOLOC_CLONES void place(int count, const float* __restrict x, const float* __restrict y, const float* __restrict z,
                         const float* __restrict depth, const float* r, const float* t, const Limits& limits,
                         int32_t* __restrict ray, float* __restrict range, int32_t* __restrict is_good) {
  const float min_height = limits.min_height, max_height = limits.max_height, max_range = limits.max_range;
  const float per_radian = limits.per_radian;
  const int num_rays = limits.num_rays;
  const float r0 = r[0], r1 = r[1], r2 = r[2], r3 = r[3], r4 = r[4], r5 = r[5], r6 = r[6], r7 = r[7], r8 = r[8];
  const float t0 = t[0], t1 = t[1], t2 = t[2];
  for (int i = 0; i < count; ++i) {
    const float px = (r0 * x[i] + r1 * y[i] + r2 * z[i]) * depth[i] + t0;
    const float py = (r3 * x[i] + r4 * y[i] + r5 * z[i]) * depth[i] + t1;
    const float up = (r6 * x[i] + r7 * y[i] + r8 * z[i]) * depth[i] + t2;
    const float away = std::sqrt(px * px + py * py);
    range[i] = away;
    ray[i] = ray_at(turn_of(py, px, per_radian), num_rays);
    is_good[i] = (depth[i] > 0.0f) & (depth[i] < 1e6f) & (up >= min_height) & (up <= max_height) & (away <= max_range);
  }
}

// One view's way into samples and votes.
class Observer {
 public:
  Observer(const View& view, int number, const Limits& limits, Scratch& scratch, int32_t* votes)
      : view_(view), number_(number), limits_(limits), scratch_(scratch), row_(scratch.row), rays_(view) {
    lost_ = votes;
    far_ = votes + limits.num_rays;
    open_ = votes + 2 * limits.num_rays;
    blocked_ = votes + 3 * limits.num_rays;
    row_.resize(view.width);
  }

  void run() {
    bool is_sparse = false;
    for (int d = 0; d < view_.num_depths; ++d) is_sparse |= view_.source[d] == 0;
    for (int v = 0; v < view_.height; ++v) {
      const bool is_dense = v % view_.row_step == view_.row_step / 2;
      if (!is_dense && !is_sparse) continue;
      offset_ = static_cast<int64_t>(v) * view_.width;
      label_ = view_.labels + offset_;
      rays_.load(v);
      if (is_dense && find_horizon(view_.width, rays_.x, rays_.y, rays_.z, view_.rotation, limits_.min_sine,
                                   limits_.max_sine, row_.is_near_horizon.data())) {
        vote();
      }
      for (int d = 0; d < view_.num_depths; ++d) {
        if (view_.source[d] == 0) {
          take(d, find_sparse(view_.depth[d] + offset_));
        } else if (is_dense) {
          take(d, find_buildings());
        }
      }
    }
  }

 private:
  // Columns of buildings; how many there are.
  int find_buildings() {
    // Many rows show none: memchr looks at them 32 pixels at a time.
    const void* first = std::memchr(label_, geoloc::kBuilding, view_.width);
    if (first == nullptr) return 0;
    int count = 0;
    for (int u = static_cast<int>(static_cast<const uint8_t*>(first) - label_); u < view_.width; ++u) {
      row_.column[count] = u;
      count += label_[u] == geoloc::kBuilding;
    }
    return count;
  }

  // Columns of buildings with a depth.
  int find_sparse(const float* depth) {
    int count = 0;
    for (int u = 0; u < view_.width; ++u) {
      row_.column[count] = u;
      count += (label_[u] == geoloc::kBuilding) & (depth[u] > 0.0f);
    }
    return count;
  }

  // Ray, range and goodness of the pixels in `count` columns.
  void locate(const float* depth, int count) {
    const float *x = row_.x.data(), *y = row_.y.data(), *z = row_.z.data(), *d = row_.depth.data();
    const int first = row_.column[0];
    if (row_.column[count - 1] - first + 1 == count) {  // side by side: nothing to gather
      x = rays_.x + first;
      y = rays_.y + first;
      z = rays_.z + first;
      d = depth + first;
    } else {
      for (int i = 0; i < count; ++i) {
        const int u = row_.column[i];
        row_.x[i] = rays_.x[u];
        row_.y[i] = rays_.y[u];
        row_.z[i] = rays_.z[u];
        row_.depth[i] = depth[u];
      }
    }
    place(count, x, y, z, d, view_.rotation, view_.translation, limits_, row_.ray.data(), row_.range.data(),
          row_.is_good.data());
  }

  // The pixels in the first `count` columns found become samples of a depth's source.
  void take(int d, int count) {
    if (count == 0) return;
    locate(view_.depth[d] + offset_, count);
    Samples& samples = scratch_.samples[view_.source[d]];
    samples.reserve(count);
    const uint16_t* instance = view_.instances ? view_.instances + offset_ : nullptr;
    int64_t next = samples.count;
    for (int i = 0; i < count; ++i) {
      // A point that is none may have any ray.
      const int is_good = row_.is_good[i], ray = is_good ? row_.ray[i] : 0;
      const int32_t building = instance ? instance[row_.column[i]] : 0;
      samples.ray[next] = static_cast<uint16_t>(ray);
      samples.range[next] = row_.range[i];
      samples.instance[next] = building ? number_ << 16 | building : 0;
      samples.per_ray[ray] += is_good;
      next += is_good;
    }
    samples.count = next;
  }

  void vote() {
    const float* r = view_.rotation;
    for (int u = 0; u < view_.width; ++u) {
      if (!row_.is_near_horizon[u]) continue;
      const float x = rays_.x[u], y = rays_.y[u], z = rays_.z[u];
      const float dx = r[0] * x + r[1] * y + r[2] * z, dy = r[3] * x + r[4] * y + r[5] * z;
      if (label_[u] == geoloc::kBuilding) {
        vote_for_building(u, dx, dy, r[6] * x + r[7] * y + r[8] * z);
        continue;
      }
      const bool is_open = label_[u] == geoloc::kSky || label_[u] == geoloc::kRoad || label_[u] == geoloc::kPavement;
      ++(is_open ? open_ : blocked_)[ray_at(turn_of(dy, dx, limits_.per_radian), limits_.num_rays)];
    }
  }

  // The first depth that there is decides whether a building is out of reach; without any it is lost.
  void vote_for_building(int u, float dx, float dy, float dz) {
    for (int d = 0; d < view_.num_depths; ++d) {
      const float depth = view_.depth[d][offset_ + u];
      if (!is_depth(depth)) continue;
      const float px = dx * depth + view_.translation[0], py = dy * depth + view_.translation[1];
      const float up = dz * depth + view_.translation[2];
      if (up < limits_.min_height || up > limits_.max_height) return;
      if (std::sqrt(px * px + py * py) <= limits_.max_range) return;
      ++far_[ray_at(turn_of(py, px, limits_.per_radian), limits_.num_rays)];
      return;
    }
    ++lost_[ray_at(turn_of(dy, dx, limits_.per_radian), limits_.num_rays)];
  }

  const View& view_;
  const int number_;
  const Limits& limits_;
  Scratch& scratch_;
  Row& row_;
  geoloc::RowRays rays_;
  int32_t *lost_, *far_, *open_, *blocked_;
  int64_t offset_ = 0;
  const uint8_t* label_ = nullptr;
};

}  // namespace

extern "C" {

// What each ray of a scan saw of the buildings of all views, whose rotation and translation lead to the level frame (z
// up from the ground). A building pixel with depth is a sample if its point lies between the heights and within reach.
// Per ray the first source with as many as min_samples (4,) counts: the quantile of its ranges finds the surface, of
// which range is the median of the most common instance.
//
// range (num_rays,): NaN where nothing was found. instance: number of the view << 16 | its instance, 0 where unknown,
// -1 where nothing was found. rival: instance of another view on the same surface, -1 if there is none.
// votes (4, num_rays): pixels near the horizon that show a building without depth, one out of reach, open view, and
// something that may hide a building.
void geoloc_observe(const View* views, int num_views, int num_rays, float min_height, float max_height,
                    float max_range, float min_sine, float max_sine, float quantile, const int32_t* min_samples,
                    float* range, int32_t* instance, int32_t* rival, int32_t* votes) {
  thread_local Scratch scratch;
  const Limits limits{num_rays, min_height, max_height, max_range, min_sine, max_sine,
                      static_cast<float>(num_rays) / (2.0f * kPi)};
  for (Samples& samples : scratch.samples) samples.clear(num_rays);
  std::fill(votes, votes + 4 * num_rays, 0);
  for (int i = 0; i < num_views; ++i) Observer(views[i], i, limits, scratch, votes).run();
  std::fill(range, range + num_rays, NAN);
  std::fill(instance, instance + num_rays, -1);
  std::fill(rival, rival + num_rays, -1);
  for (int source = 0; source < kNumSources; ++source) {
    scratch.sorter.reduce(scratch.samples[source], quantile, min_samples[source], range, instance, rival);
  }
}

}  // extern "C"
