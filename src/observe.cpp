// From a label image and depth to what each ray of a scan saw. See geoloc_ros/scan/observe.py.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

constexpr float kPi = 3.14159265358979f;
constexpr uint8_t kBuilding = 1, kSky = 5, kRoad = 3, kPavement = 4;

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GEOLOC_CLONES
#endif

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

// The ray whose bin holds a turn; bin k is centred on ray k.
inline int ray_at(float turn, int num_rays) {
  const int ray = static_cast<int>(turn + 0.5f);
  return ray >= num_rays ? ray - num_rays : ray;
}

// What is worked out for the pixels of one row that matter.
struct Row {
  std::vector<int> column;
  std::vector<float> across, ahead, depth, range, up, turn, far_turn;

  explicit Row(int width)
      : column(width), across(width), ahead(width), depth(width), range(width), up(width), turn(width),
        far_turn(width) {}
};

// Points of `count` pixels of a row: range and direction on the ground plane, height, and direction of the ray itself.
GEOLOC_CLONES void place_row(int count, const float* __restrict across, const float* __restrict ahead, float scale,
                             float down, const float* r, const float* t, const float* __restrict depth,
                             float per_radian, float* __restrict range, float* __restrict up, float* __restrict turn,
                             float* __restrict far_turn) {
  const float r0 = r[0] * scale, r1 = r[1] * down, r2 = r[2] * scale, r3 = r[3] * scale, r4 = r[4] * down;
  const float r5 = r[5] * scale, r6 = r[6] * scale, r7 = r[7] * down, r8 = r[8] * scale;
  const float t0 = t[0], t1 = t[1], t2 = t[2];
  for (int i = 0; i < count; ++i) {
    const float dx = r0 * across[i] + r1 + r2 * ahead[i], dy = r3 * across[i] + r4 + r5 * ahead[i];
    const float px = dx * depth[i] + t0, py = dy * depth[i] + t1;
    up[i] = (r6 * across[i] + r7 + r8 * ahead[i]) * depth[i] + t2;
    range[i] = std::sqrt(px * px + py * py);
    turn[i] = turn_of(py, px, per_radian);
    far_turn[i] = turn_of(dy, dx, per_radian);
  }
}

GEOLOC_CLONES void sines_of_row(int width, const float* __restrict across, const float* __restrict ahead, float scale,
                                float down, const float* r, float* __restrict sine) {
  for (int u = 0; u < width; ++u) {
    const float x = across[u] * scale, z = ahead[u] * scale;
    sine[u] = (r[6] * x + r[7] * down + r[8] * z) / std::sqrt(x * x + down * down + z * z);
  }
}

struct Rays {
  std::vector<float> across, ahead, row_down, row_scale;  // direction = (across * scale, down, ahead * scale)

  Rays(int model, int width, int height, float fx, float fy, float cx, float cy)
      : across(width), ahead(width), row_down(height), row_scale(height) {
    const bool pinhole = model == 0;
    for (int u = 0; u < width; ++u) {
      const float right = (static_cast<float>(u) + 0.5f - cx) / fx;
      across[u] = pinhole ? right : std::sin(right);
      ahead[u] = pinhole ? 1.0f : std::cos(right);
    }
    for (int v = 0; v < height; ++v) {
      const float down = (static_cast<float>(v) + 0.5f - cy) / fy;
      row_down[v] = pinhole ? down : std::sin(down);
      row_scale[v] = pinhole ? 1.0f : std::cos(down);
    }
  }
};

}  // namespace

extern "C" {

// Every building pixel with a point between the heights and within reach becomes a sample; returns how many.
// rotation (9,), translation (3,): level frame (z up from the ground) from the optical frame. model: 0 pinhole, 1
// equirectangular. instances may be null. sample_* must hold as many entries as there are building pixels.
// lost (num_rays,): building pixels of that direction near the horizon whose depth is missing.
// seen_open, seen_blocked (num_rays,): other pixels near the horizon that show open view or something that hides it.
int64_t geoloc_observe_pixels(int model, int width, int height, float fx, float fy, float cx, float cy,
                              const float* rotation, const float* translation, const uint8_t* labels,
                              const float* depth, const uint16_t* instances, int num_rays, float min_height,
                              float max_height, float max_range, float min_sine, float max_sine, int32_t* sample_ray,
                              float* sample_range, int32_t* sample_instance, int32_t* lost, int32_t* far_away,
                              int32_t* seen_open, int32_t* seen_blocked) {
  const Rays rays(model, width, height, fx, fy, cx, cy);
  const float* r = rotation;
  const float* t = translation;
  int64_t samples = 0;
  for (int k = 0; k < num_rays; ++k) lost[k] = far_away[k] = seen_open[k] = seen_blocked[k] = 0;
  const float per_radian = static_cast<float>(num_rays) / (2.0f * kPi);
  std::vector<float> sine(width);
  Row row(width);
  for (int v = 0; v < height; ++v) {
    const float scale = rays.row_scale[v], down = rays.row_down[v];
    const uint8_t* label = labels + static_cast<int64_t>(v) * width;
    const float* row_depth = depth + static_cast<int64_t>(v) * width;
    const uint16_t* row_instance = instances ? instances + static_cast<int64_t>(v) * width : nullptr;
    sines_of_row(width, rays.across.data(), rays.ahead.data(), scale, down, r, sine.data());
    int count = 0;
    for (int u = 0; u < width; ++u) {
      const bool votes = sine[u] >= min_sine && sine[u] <= max_sine;
      if (label[u] != kBuilding && !votes) continue;
      row.column[count] = u;
      row.across[count] = rays.across[u];
      row.ahead[count] = rays.ahead[u];
      row.depth[count] = row_depth[u];
      ++count;
    }
    place_row(count, row.across.data(), row.ahead.data(), scale, down, r, t, row.depth.data(), per_radian,
              row.range.data(), row.up.data(), row.turn.data(), row.far_turn.data());
    for (int i = 0; i < count; ++i) {
      const int u = row.column[i];
      const bool votes = sine[u] >= min_sine && sine[u] <= max_sine;
      if (label[u] != kBuilding) {
        const bool open = label[u] == kSky || label[u] == kRoad || label[u] == kPavement;
        ++(open ? seen_open : seen_blocked)[ray_at(row.far_turn[i], num_rays)];
        continue;
      }
      if (!(row.depth[i] > 0.0f && row.depth[i] < 1e6f)) {
        if (votes) ++lost[ray_at(row.far_turn[i], num_rays)];
        continue;
      }
      if (row.up[i] < min_height || row.up[i] > max_height) continue;
      const int ray = ray_at(row.turn[i], num_rays);
      if (row.range[i] > max_range) {
        if (votes) ++far_away[ray];
        continue;
      }
      sample_ray[samples] = ray;
      sample_range[samples] = row.range[i];
      sample_instance[samples] = row_instance ? row_instance[u] : 0;
      ++samples;
    }
  }
  return samples;
}

// Per ray the `quantile` of its samples' ranges, and the most common instance among the samples about that far away
// (the smaller number where two are as common). NaN and -1 where there are fewer than `min_samples`.
void geoloc_observe_reduce(int64_t samples, const int32_t* sample_ray, const float* sample_range,
                           const int32_t* sample_instance, int num_rays, float quantile, int min_samples,
                           float* range, int32_t* instance) {
  std::vector<int64_t> start(num_rays + 1, 0);
  for (int64_t i = 0; i < samples; ++i) ++start[sample_ray[i] + 1];
  for (int k = 0; k < num_rays; ++k) start[k + 1] += start[k];
  std::vector<int64_t> fill(start.begin(), start.end() - 1);
  std::vector<float> sorted_range(samples), scratch;
  std::vector<int32_t> sorted_instance(samples), near;
  for (int64_t i = 0; i < samples; ++i) {
    const int64_t place = fill[sample_ray[i]]++;
    sorted_range[place] = sample_range[i];
    sorted_instance[place] = sample_instance[i];
  }
  for (int k = 0; k < num_rays; ++k) {
    const int64_t first = start[k], end = start[k + 1], count = end - first;
    range[k] = NAN;
    instance[k] = -1;
    if (count < std::max(1, min_samples)) continue;
    scratch.assign(sorted_range.begin() + first, sorted_range.begin() + end);
    const auto rank = static_cast<int64_t>(quantile * static_cast<float>(count - 1) + 0.5f);
    std::nth_element(scratch.begin(), scratch.begin() + rank, scratch.end());
    range[k] = scratch[rank];
    const float nearest = 0.9f * range[k] - 0.5f, farthest = 1.25f * range[k] + 0.5f;
    near.clear();
    for (int64_t i = first; i < end; ++i) {
      if (sorted_range[i] >= nearest && sorted_range[i] <= farthest) near.push_back(sorted_instance[i]);
    }
    std::sort(near.begin(), near.end());
    std::size_t best = 0;
    for (std::size_t i = 0; i < near.size();) {
      std::size_t j = i;
      while (j < near.size() && near[j] == near[i]) ++j;
      if (j - i > best) {
        best = j - i;
        instance[k] = near[i];
      }
      i = j;
    }
    scratch.clear();
    for (int64_t i = first; i < end; ++i) {
      const bool same = sorted_instance[i] == instance[k];
      if (same && sorted_range[i] >= nearest && sorted_range[i] <= farthest) scratch.push_back(sorted_range[i]);
    }
    std::nth_element(scratch.begin(), scratch.begin() + scratch.size() / 2, scratch.end());
    range[k] = scratch[scratch.size() / 2];
  }
}

}  // extern "C"
