// What the ray caster holds: the walls of a city by grid cell, and the work of one call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace geoloc {

// Walls are cut into pieces no longer than this, so that a piece lies near the cell of its middle.
constexpr double kPieceLength = 25.0;
constexpr double kCellSize = 25.0;

// Viewpoints of one tile share their search for walls.
constexpr double kTileSize = 35.0;

// Walls are drawn in bands of distance from the tile, so that near ones can hide far ones before these are drawn.
constexpr int kBands = 2;
constexpr double kBandReach[kBands - 1] = {35.0};
constexpr int kSectors = 32;

// An array at a multiple of 64 bytes that only grows; its content is lost when it does.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }
  T* reserve(size_t size) {
    if (size > capacity_) {
      release();
      data_ = static_cast<T*>(::operator new(size * sizeof(T), std::align_val_t(64)));
      capacity_ = size;
    }
    return data_;
  }
  T* data() { return data_; }
  const T* data() const { return data_; }

 private:
  void release() {
    ::operator delete(data_, std::align_val_t(64));
    data_ = nullptr;
    capacity_ = 0;
  }
  T* data_ = nullptr;
  size_t capacity_ = 0;
};

struct Scene {
  // Grid; cell (column, row) holds the walls wall_start[row * columns + column] and on, by their middle.
  double west = 0.0, south = 0.0, cell = kCellSize;
  int64_t columns = 0, rows = 0;
  std::vector<int64_t> wall_start;
  // Walls in the order of the cells, padded by 16. (nx, ny) is the unit normal that points into the building.
  std::vector<double> ax, ay, bx, by;
  std::vector<float> nx, ny;
  std::vector<int32_t> building;
  // A wall shows its back to those whose distance to its line is at most this: 0, or -inf where both sides show.
  std::vector<float> back;
  // Solid buildings: one simple ring each, whose back faces are never seen from outside.
  std::vector<double> ring_x, ring_y;
  std::vector<int64_t> ring_start;
  std::vector<double> ring_box;  // west, south, east, north of each
  std::vector<int64_t> solid_start;
  std::vector<int32_t> solid;  // by cell

  bool is_inside_solid(double x, double y) const;
};

// The walls near a group of viewpoints, relative to `x`, `y`.
struct Neighbourhood {
  double x = 0.0, y = 0.0;
  int64_t size = 0;
  Buffer<float> ax, ay, bx, by, nx, ny, offset, back;
  Buffer<int32_t> building, wall;
};

// Where a scan is made from, relative to its neighbourhood.
struct Viewer {
  float x, y, yaw, cos_yaw, sin_yaw;
};

// Bins first <= k < last of a wall of Scene that needs float64 to be right within a centimetre.
struct Fine {
  int32_t first, last, wall;
};

// Walls that one viewer may see: unit normal, distance of the line, and the bins first <= k < last they cover.
struct Candidates {
  int64_t size = 0;
  Buffer<float> first, last, nx, ny, distance;
  Buffer<int32_t> building;
  std::vector<Fine> fine;
};

// Pieces of them, one vector of bins each: 1 / range = a cos + b sin in the lanes `mask` of the bins from `bin` on.
struct Stretches {
  int64_t size = 0;
  Buffer<float> a, b;
  Buffer<int32_t> bin, mask, building;
};

struct Scratch {
  Neighbourhood bands[kBands];
  Candidates candidates;
  Stretches stretches;
  Buffer<float> inverse;
  Buffer<int32_t> hit;
  // By sector of the circle, the square of the largest range so far, plus rounding; what is farther is hidden.
  alignas(64) float depth[kSectors];
};

struct Cast {
  const double* poses;  // x, y, yaw
  int32_t num_rays;
  int32_t num_bins;  // num_rays rounded up to 16
  int32_t sector_bins;  // a multiple of 16
  double max_range;
  const float* cosine;  // of the bins, in the body frame
  const float* sine;
  const double* fine_cosine;
  const double* fine_sine;
  float* range;
  int32_t* instance;
};

using CastTile = void (*)(const Scene&, const Cast&, const int32_t* rows, int64_t size, Scratch&);

}  // namespace geoloc
