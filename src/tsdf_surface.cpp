// The surface where a distance field is 0, one vertex in each cell that it passes (surface nets, Gibson 1998).

#include <algorithm>
#include <cmath>

#include "tsdf.hpp"

namespace geoloc::tsdf {
namespace {

constexpr int kPadded = kSide + 1;  // a block with the first grid points of the next ones
constexpr float kUnknown = NAN;

int padded(int x, int y, int z) { return x + kPadded * (y + kPadded * z); }

int inner(int x, int y, int z) { return x + kSide * (y + kSide * z); }

bool is_crossed(float a, float b) { return (a < 0.0f) != (b < 0.0f); }

}  // namespace

void Volume::extract() {
  // The same blocks in the same order, whatever the order of the views.
  std::sort(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) { return a.place < b.place; });
  for (size_t n = 0; n < blocks_.size(); ++n) numbers_[key_of(blocks_[n].place)] = static_cast<int32_t>(n);
  vertices_.clear();
  normals_.clear();
  triangles_.clear();
  std::vector<int32_t> cell_vertex(blocks_.size() * kPoints, -1);
  for (size_t n = 0; n < blocks_.size(); ++n) add_vertices(static_cast<int32_t>(n), cell_vertex);
  for (size_t n = 0; n < blocks_.size(); ++n) add_triangles(static_cast<int32_t>(n), cell_vertex);
}

void Volume::add_vertices(int32_t number, std::vector<int32_t>& cell_vertex) {
  const Place& place = blocks_[static_cast<size_t>(number)].place;
  std::array<float, kPadded * kPadded * kPadded> distance;
  const Block* around[8];
  for (int k = 0; k < 8; ++k) {
    const int32_t found = find({place[0] + (k & 1), place[1] + (k >> 1 & 1), place[2] + (k >> 2)});
    around[k] = found < 0 ? nullptr : &blocks_[static_cast<size_t>(found)];
  }
  for (int z = 0; z < kPadded; ++z) {
    for (int y = 0; y < kPadded; ++y) {
      for (int x = 0; x < kPadded; ++x) {
        const Block* block = around[(x >> 3) | (y >> 3) << 1 | (z >> 3) << 2];
        const int n = inner(x & 7, y & 7, z & 7);
        const bool is_known = block && block->weight[n] > 0.0f;
        distance[padded(x, y, z)] = is_known ? block->sum[n] / block->weight[n] : kUnknown;
      }
    }
  }
  for (int n = 0; n < kPoints; ++n) {
    const int cell[3] = {n & 7, n >> 3 & 7, n >> 6};
    float corner[8];
    int negative = 0, known = 0;
    for (int k = 0; k < 8; ++k) {
      corner[k] = distance[padded(cell[0] + (k & 1), cell[1] + (k >> 1 & 1), cell[2] + (k >> 2))];
      known += corner[k] == corner[k];
      negative += corner[k] < 0.0f;
    }
    if (known < 8 || negative == 0 || negative == 8) continue;
    float at[3] = {0.0f, 0.0f, 0.0f}, gradient[3] = {0.0f, 0.0f, 0.0f};
    int crossings = 0;
    for (int k = 0; k < 8; ++k) {
      for (int axis = 0; axis < 3; ++axis) {
        if (k >> axis & 1) continue;
        const float a = corner[k], b = corner[k | 1 << axis];
        gradient[axis] += b - a;
        if (!is_crossed(a, b)) continue;
        ++crossings;
        for (int other = 0; other < 3; ++other)
          at[other] += other == axis ? a / (a - b) : static_cast<float>(k >> other & 1);
      }
    }
    const float length =
        std::sqrt(gradient[0] * gradient[0] + gradient[1] * gradient[1] + gradient[2] * gradient[2]);
    if (!(length > 0.0f)) continue;
    cell_vertex[static_cast<size_t>(number) * kPoints + static_cast<size_t>(n)] =
        static_cast<int32_t>(vertices_.size() / 3);
    for (int axis = 0; axis < 3; ++axis) {
      const double grid = static_cast<double>(place[axis]) * kSide + cell[axis] + at[axis] / crossings;
      vertices_.push_back(static_cast<float>(voxel_ * grid));
      normals_.push_back(gradient[axis] / length);
    }
  }
}

void Volume::add_triangles(int32_t number, const std::vector<int32_t>& cell_vertex) {
  const Block& block = blocks_[static_cast<size_t>(number)];
  // Neighbours by -1, 0 or +1 along each axis.
  int32_t around[27];
  for (int k = 0; k < 27; ++k)
    around[k] = find({block.place[0] + k % 3 - 1, block.place[1] + k / 3 % 3 - 1, block.place[2] + k / 9 - 1});
  const auto look = [&](const int (&at)[3], int& n) {
    n = inner(at[0] & 7, at[1] & 7, at[2] & 7);
    // Right shifts of negative numbers round down.
    return around[(at[0] >> 3) + 1 + 3 * ((at[1] >> 3) + 1) + 9 * ((at[2] >> 3) + 1)];
  };
  for (int n = 0; n < kPoints; ++n) {
    if (!(block.weight[n] > 0.0f)) continue;
    for (int axis = 0; axis < 3; ++axis) {
      const int b = (axis + 1) % 3, c = (axis + 2) % 3;
      int next[3] = {n & 7, n >> 3 & 7, n >> 6}, m;
      ++next[axis];
      const int32_t ahead = look(next, m);
      if (ahead < 0) continue;
      const Block& there = blocks_[static_cast<size_t>(ahead)];
      if (!(there.weight[m] > 0.0f) || !is_crossed(block.sum[n], there.sum[m])) continue;
      // The cells around this edge, counter-clockwise seen from its end.
      int32_t corner[4];
      bool is_whole = true;
      for (int k = 0; k < 4; ++k) {
        int cell[3] = {n & 7, n >> 3 & 7, n >> 6};
        cell[b] -= k == 1 || k == 2;
        cell[c] -= k >= 2;
        const int32_t owner = look(cell, m);
        corner[k] = owner < 0 ? -1 : cell_vertex[static_cast<size_t>(owner) * kPoints + static_cast<size_t>(m)];
        is_whole = is_whole && corner[k] >= 0;
      }
      if (!is_whole) continue;
      if (block.sum[n] >= 0.0f) std::swap(corner[1], corner[3]);
      const auto length2 = [&](int32_t from, int32_t to) {
        float sum = 0.0f;
        for (int i = 0; i < 3; ++i) {
          const float off = vertices_[static_cast<size_t>(3 * from + i)] - vertices_[static_cast<size_t>(3 * to + i)];
          sum += off * off;
        }
        return sum;
      };
      const int turn = length2(corner[0], corner[2]) <= length2(corner[1], corner[3]) ? 0 : 1;
      for (const int k : {0, 2})
        for (const int step : {0, 1, 2}) triangles_.push_back(corner[(turn + k + step) & 3]);
    }
  }
}

}  // namespace geoloc::tsdf
