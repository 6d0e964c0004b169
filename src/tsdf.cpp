// Fusion of depth images into a truncated signed distance field (Curless and Levoy 1996; blocks as Niessner et al.
// 2013). See geoloc_ros/landmarks/create/fuse.py.

#include "tsdf.hpp"

#include <algorithm>
#include <cmath>
#include <new>

namespace geoloc::tsdf {
namespace {

constexpr double kNearest = 1e-3;
constexpr float kBehind = 0.5f;  // of the truncation: less, so that both sides of a board survive

std::array<double, 3> to_camera(const View& view, const std::array<double, 3>& point) {
  std::array<double, 3> out;
  const double off[3] = {point[0] - view.translation[0], point[1] - view.translation[1], point[2] - view.translation[2]};
  for (int i = 0; i < 3; ++i)
    out[i] = view.rotation[i] * off[0] + view.rotation[3 + i] * off[1] + view.rotation[6 + i] * off[2];
  return out;
}

// Whether a ball may be seen, however far it is.
bool is_in_view(const View& view, const std::array<double, 3>& centre, double radius) {
  if (centre[2] + radius < kNearest) return false;
  const double sides[4][3] = {{view.fx, 0.0, view.cx},
                              {-view.fx, 0.0, view.width - view.cx},
                              {0.0, view.fy, view.cy},
                              {0.0, -view.fy, view.height - view.cy}};
  for (const auto& side : sides) {
    const double inside = side[0] * centre[0] + side[1] * centre[1] + side[2] * centre[2];
    if (inside < -radius * std::sqrt(side[0] * side[0] + side[1] * side[1] + side[2] * side[2])) return false;
  }
  return true;
}

// Inverse depth between the centres of four pixels where all have one, that of the nearest pixel else; 0 is none.
float inverse_at(const View& view, const float* inverse_depth, double u, double v, int64_t& nearest) {
  nearest = static_cast<int64_t>(v) * view.width + static_cast<int64_t>(u);
  const float own = inverse_depth[nearest];
  const double left = std::floor(u - 0.5), above = std::floor(v - 0.5);
  if (left < 0.0 || above < 0.0 || left + 1.0 >= view.width || above + 1.0 >= view.height) return own;
  const float* first = inverse_depth + static_cast<int64_t>(above) * view.width + static_cast<int64_t>(left);
  const float a = first[0], b = first[1], c = first[view.width], d = first[view.width + 1];
  if (!(a > 0.0f && b > 0.0f && c > 0.0f && d > 0.0f)) return own;
  const float x = static_cast<float>(u - 0.5 - left), y = static_cast<float>(v - 0.5 - above);
  return (a * (1.0f - x) + b * x) * (1.0f - y) + (c * (1.0f - x) + d * x) * y;
}

}  // namespace

int32_t Volume::find(const Place& place) const {
  const auto found = numbers_.find(key_of(place));
  return found == numbers_.end() ? -1 : found->second;
}

// Blocks within a grid point and a half of a place; false when there are too many.
bool Volume::add_around(const std::array<double, 3>& point) {
  Place low, high;
  const double block = voxel_ * kSide, reach = 1.5 * voxel_;
  for (int axis = 0; axis < 3; ++axis) {
    low[axis] = static_cast<int32_t>(std::floor((point[axis] - reach) / block));
    high[axis] = static_cast<int32_t>(std::floor((point[axis] + reach) / block));
    if (std::abs(low[axis]) >= kOffset - 1 || std::abs(high[axis]) >= kOffset - 1) return false;
  }
  const uint64_t first = key_of(low), second = key_of(high);
  if (first == last_first_ && second == last_second_) return true;
  last_first_ = first;
  last_second_ = second;
  for (int32_t x = low[0]; x <= high[0]; ++x) {
    for (int32_t y = low[1]; y <= high[1]; ++y) {
      for (int32_t z = low[2]; z <= high[2]; ++z) {
        const Place place{x, y, z};
        if (!numbers_.emplace(key_of(place), static_cast<int32_t>(blocks_.size())).second) continue;
        if (num_blocks() >= most_blocks_) return false;
        blocks_.emplace_back();
        blocks_.back().place = place;
      }
    }
  }
  return true;
}

bool Volume::touch(const View& view, const float* inverse_depth) {
  const double half_block = 0.5 * voxel_ * kSide, reach = kBehind * truncation_;
  const int steps = static_cast<int>(std::ceil(2.0 * reach / half_block));
  for (int32_t v = 0; v < view.height; ++v) {
    const double down = (v + 0.5 - view.cy) / view.fy;
    for (int step = 0; step <= steps; ++step) {
      const double along = reach * (2.0 * step / steps - 1.0);
      for (int32_t u = 0; u < view.width; ++u) {
        const float inverse = inverse_depth[static_cast<int64_t>(v) * view.width + u];
        if (!(inverse > 0.0f)) continue;
        // Every other pixel will do where they lie closer than grid points.
        if (((u | v) & 1) != 0 && inverse * voxel_ * view.fx > 1.0) continue;
        const double z = 1.0 / inverse + along, right = (u + 0.5 - view.cx) / view.fx;
        if (z < kNearest) continue;
        std::array<double, 3> point;
        for (int i = 0; i < 3; ++i) {
          const double* row = view.rotation + 3 * i;
          point[i] = (row[0] * right + row[1] * down + row[2]) * z + view.translation[i];
        }
        if (!add_around(point)) return false;
      }
    }
  }
  return true;
}

void Volume::integrate(const View& view, const float* inverse_depth, const float* slope) {
  const double radius = 0.5 * voxel_ * kSide * std::sqrt(3.0);
  const float truncation = static_cast<float>(truncation_), behind = kBehind * truncation;
  for (Block& block : blocks_) {
    std::array<double, 3> corner, middle;
    for (int axis = 0; axis < 3; ++axis) {
      corner[axis] = voxel_ * kSide * block.place[axis];
      middle[axis] = corner[axis] + 0.5 * voxel_ * kSide;
    }
    if (!is_in_view(view, to_camera(view, middle), radius)) continue;
    const std::array<double, 3> origin = to_camera(view, corner);
    for (int n = 0; n < kPoints; ++n) {
      const double dx = voxel_ * (n & 7), dy = voxel_ * (n >> 3 & 7), dz = voxel_ * (n >> 6);
      const double* r = view.rotation;
      const double z = origin[2] + r[2] * dx + r[5] * dy + r[8] * dz;
      if (z < kNearest) continue;
      const double u = view.fx * (origin[0] + r[0] * dx + r[3] * dy + r[6] * dz) / z + view.cx;
      const double v = view.fy * (origin[1] + r[1] * dx + r[4] * dy + r[7] * dz) / z + view.cy;
      if (!(u >= 0.0 && v >= 0.0 && u < view.width && v < view.height)) continue;
      int64_t nearest;
      const float inverse = inverse_at(view, inverse_depth, u, v, nearest);
      if (!(inverse > 0.0f)) continue;
      const float distance = (1.0f / inverse - static_cast<float>(z)) * slope[nearest];
      if (distance <= -behind) continue;
      // Depth errs by a share of itself; what is behind the surface fades, since another surface may begin there.
      float weight = slope[nearest] * slope[nearest] * inverse * inverse;
      if (distance < 0.0f) weight *= 1.0f + distance / behind;
      block.sum[n] += weight * std::min(distance, truncation);
      block.weight[n] += weight;
    }
  }
}

}  // namespace geoloc::tsdf

using geoloc::tsdf::View;
using geoloc::tsdf::Volume;

extern "C" {

// A field with `voxel` between grid points; null without memory.
void* geoloc_tsdf_new(double voxel, double truncation, int64_t most_blocks) {
  return new (std::nothrow) Volume(voxel, truncation, most_blocks);
}

void geoloc_tsdf_delete(void* volume) { delete static_cast<Volume*>(volume); }

// Makes room around what a view measured. inverse_depth (height, width) is 0 where there is none; intrinsics are fx, fy,
// cx, cy; pose is 9 of the rotation volume_from_camera and 3 of the translation. Gives the number of blocks, -1 when
// they are too many or no memory is left.
int64_t geoloc_tsdf_touch(void* volume, const float* inverse_depth, int32_t width, int32_t height,
                          const double* intrinsics, const double* pose) {
  Volume& field = *static_cast<Volume*>(volume);
  const View view{width, height, intrinsics[0], intrinsics[1], intrinsics[2], intrinsics[3], pose, pose + 9};
  try {
    return field.touch(view, inverse_depth) ? field.num_blocks() : -1;
  } catch (const std::bad_alloc&) {
    return -1;
  }
}

// Adds a view. slope (height, width) is the distance to the plane at a pixel over the depth to it.
void geoloc_tsdf_integrate(void* volume, const float* inverse_depth, const float* slope, int32_t width, int32_t height,
                           const double* intrinsics, const double* pose) {
  const View view{width, height, intrinsics[0], intrinsics[1], intrinsics[2], intrinsics[3], pose, pose + 9};
  static_cast<Volume*>(volume)->integrate(view, inverse_depth, slope);
}

// Makes the surface; sizes (2,) are its vertices and triangles. Gives -1 without memory.
int geoloc_tsdf_extract(void* volume, int64_t* sizes) {
  Volume& field = *static_cast<Volume*>(volume);
  try {
    field.extract();
  } catch (const std::bad_alloc&) {
    return -1;
  }
  sizes[0] = static_cast<int64_t>(field.vertices().size() / 3);
  sizes[1] = static_cast<int64_t>(field.triangles().size() / 3);
  return 0;
}

// Copies the surface: vertices (V, 3), normals (V, 3), triangles (T, 3).
void geoloc_tsdf_copy(const void* volume, float* vertices, float* normals, int32_t* triangles) {
  const Volume& field = *static_cast<const Volume*>(volume);
  std::copy(field.vertices().begin(), field.vertices().end(), vertices);
  std::copy(field.normals().begin(), field.normals().end(), normals);
  std::copy(field.triangles().begin(), field.triangles().end(), triangles);
}
}
