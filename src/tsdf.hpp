// A truncated signed distance field in blocks of 8 x 8 x 8 grid points, kept where surfaces were seen.

#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace geoloc::tsdf {

constexpr int kSide = 8;
constexpr int kPoints = kSide * kSide * kSide;

using Place = std::array<int32_t, 3>;

constexpr int kOffset = 1 << 20;  // of places, so that they are positive numbers of 21 bits

inline uint64_t key_of(const Place& place) {
  uint64_t key = 0;
  for (int axis = 0; axis < 3; ++axis)
    key = key << 21 | static_cast<uint64_t>((place[axis] + kOffset) & (2 * kOffset - 1));
  return key;
}

struct Block {
  Place place;                       // in blocks
  std::array<float, kPoints> sum{};  // of weighted distances
  std::array<float, kPoints> weight{};
};

// Where depth was measured: an ideal pinhole, volume_from_camera.
struct View {
  int32_t width, height;
  double fx, fy, cx, cy;
  const double* rotation;     // (3, 3)
  const double* translation;  // (3,)
};

class Volume {
 public:
  Volume(double voxel, double truncation, int64_t most_blocks)
      : voxel_(voxel), truncation_(truncation), most_blocks_(most_blocks) {}

  bool touch(const View& view, const float* inverse_depth);
  void integrate(const View& view, const float* inverse_depth, const float* slope);
  void extract();

  int64_t num_blocks() const { return static_cast<int64_t>(blocks_.size()); }
  const std::vector<float>& vertices() const { return vertices_; }
  const std::vector<float>& normals() const { return normals_; }
  const std::vector<int32_t>& triangles() const { return triangles_; }

 private:
  int32_t find(const Place& place) const;
  bool add_around(const std::array<double, 3>& point);
  void add_vertices(int32_t number, std::vector<int32_t>& cell_vertex);
  void add_triangles(int32_t number, const std::vector<int32_t>& cell_vertex);

  double voxel_, truncation_;
  int64_t most_blocks_;
  std::vector<Block> blocks_;
  std::unordered_map<uint64_t, int32_t> numbers_;
  uint64_t last_first_ = ~0ull, last_second_ = ~0ull;
  std::vector<float> vertices_, normals_;
  std::vector<int32_t> triangles_;
};

}  // namespace geoloc::tsdf
