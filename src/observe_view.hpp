// One camera's images as the kernels of observe.cpp and ground.cpp see them, and which way its pixels look.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GEOLOC_CLONES
#endif

namespace geoloc {

constexpr int kMaxDepths = 8;
constexpr uint8_t kBuilding = 1, kRoad = 3, kPavement = 4, kSky = 5;
constexpr int kPinhole = 0, kEquirectangular = 1, kTable = 2;

// Mirrored by geoloc_ros/scan/native_views.py.
struct View {
  const float* table;          // (3, height, width) directions of kTable, null for the others
  const uint8_t* labels;       // (height, width)
  const uint16_t* instances;   // (height, width), or null
  const float* depth[kMaxDepths];   // (height, width) each
  int32_t source[kMaxDepths];  // who measured it, the most trustworthy lowest; 0 is sparse
  int32_t num_depths;
  float rotation[9], translation[3];  // from the optical frame
  float fx, fy, cx, cy;
  int32_t model, width, height;
  int32_t row_step;  // every so many rows are looked at, for dense depth
};

inline bool is_depth(float depth) { return depth > 0.0f && depth < 1e6f; }

// Directions of the pixels of one row after another.
class RowRays {
 public:
  explicit RowRays(const View& view) : view_(view) {
    if (view.model == kTable) return;
    across_.resize(view.width);
    ahead_.resize(view.width);
    for (int u = 0; u < view.width; ++u) {
      const float right = (static_cast<float>(u) + 0.5f - view.cx) / view.fx;
      across_[u] = view.model == kPinhole ? right : std::sin(right);
      ahead_[u] = view.model == kPinhole ? 1.0f : std::cos(right);
    }
    x_.resize(view.width);
    y_.resize(view.width);
    z_.resize(view.width);
  }

  void load(int row) {
    if (view_.model == kTable) {
      const int64_t plane = static_cast<int64_t>(view_.width) * view_.height;
      x = view_.table + static_cast<int64_t>(row) * view_.width;
      y = x + plane;
      z = y + plane;
      return;
    }
    const float down = (static_cast<float>(row) + 0.5f - view_.cy) / view_.fy;
    const float sine = view_.model == kPinhole ? down : std::sin(down);
    const float scale = view_.model == kPinhole ? 1.0f : std::cos(down);
    for (int u = 0; u < view_.width; ++u) {
      x_[u] = across_[u] * scale;
      y_[u] = sine;
      z_[u] = ahead_[u] * scale;
    }
    x = x_.data();
    y = y_.data();
    z = z_.data();
  }

  const float *x = nullptr, *y = nullptr, *z = nullptr;

 private:
  const View& view_;
  std::vector<float> across_, ahead_, x_, y_, z_;
};

}  // namespace geoloc
