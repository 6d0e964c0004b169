// The places where a belief over road cells has its mass: the best cell with what is around it, then the best of the rest.
//
// Arrays per cell as in belief.hpp; tiles as in localization/belief/cell_grid.py. Only the surroundings of a mode are visited; a
// maximum per block of cells says where to look for the next.

#include "belief.hpp"

#include <algorithm>
#include <vector>

using geoloc::kLanes;
using geoloc::kPi;

namespace {

constexpr int64_t kBlock = 1024;
constexpr int kPasses = 2;
constexpr int kSums = 9;

struct Cells {
  int64_t cells, tiles;
  const float *x, *y, *yaw;
  const int64_t *tile_key, *tile_start;
  const int32_t* tile_cell;
  float tile_m;
};

struct Window {
  float x, y, yaw, radius, max_turn;
};

float wrapped(float angle) { return std::remainder(angle, 2.0f * kPi); }

// Calls visit(cell, dx, dy, turn, road) for all cells in the window; turn is of the vehicle, road of the cell.
template <typename Visit>
void for_cells_near(const Cells& of, const float* mass, const float* moment, const Window& window, Visit visit) {
  const auto tile = [&](float at) { return static_cast<int64_t>(std::floor(at / of.tile_m)); };
  const float radius2 = window.radius * window.radius;
  for (int64_t column = tile(window.x - window.radius); column <= tile(window.x + window.radius); ++column) {
    const int64_t low = (column << 32) + tile(window.y - window.radius);
    const int64_t high = (column << 32) + tile(window.y + window.radius);
    int64_t t = std::lower_bound(of.tile_key, of.tile_key + of.tiles, low) - of.tile_key;
    for (; t < of.tiles && of.tile_key[t] <= high; ++t) {
      for (int64_t i = of.tile_start[t]; i < of.tile_start[t + 1]; ++i) {
        const int32_t c = of.tile_cell[i];
        const float dx = of.x[c] - window.x, dy = of.y[c] - window.y;
        if (dx * dx + dy * dy > radius2 || !(mass[c] > 0.0f)) continue;
        const float road = wrapped(of.yaw[c] - window.yaw), turn = wrapped(road + moment[c] / mass[c]);
        if (std::fabs(turn) <= window.max_turn) visit(c, dx, dy, turn, road);
      }
    }
  }
}

// Of every block of cells, whatever was claimed of it.
GEOLOC_CLONES void highest_of_blocks(const float* mass, int64_t cells, float* block_highest) {
  for (int64_t first = 0; first < cells; first += kBlock) {
    const int64_t count = std::min(kBlock, cells - first), whole = count / kLanes * kLanes;
    float lanes[kLanes] = {};
    for (int64_t c = first; c < first + whole; c += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) lanes[lane] = mass[c + lane] > lanes[lane] ? mass[c + lane] : lanes[lane];
    }
    float highest = *std::max_element(lanes, lanes + kLanes);
    for (int64_t c = first + whole; c < first + count; ++c) highest = std::max(highest, mass[c]);
    block_highest[first / kBlock] = highest;
  }
}

float block_maximum(const float* mass, const uint8_t* claimed, int64_t block, int64_t cells) {
  const int64_t end = std::min(cells, (block + 1) * kBlock);
  float highest = 0.0f;
  for (int64_t c = block * kBlock; c < end; ++c) highest = std::max(highest, claimed[c] ? 0.0f : mass[c]);
  return highest;
}

int64_t best_unclaimed(const float* mass, const uint8_t* claimed, int64_t block, int64_t cells) {
  const int64_t end = std::min(cells, (block + 1) * kBlock);
  int64_t best = block * kBlock;
  float highest = -1.0f;
  for (int64_t c = best; c < end; ++c) {
    if (!claimed[c] && mass[c] > highest) highest = mass[c], best = c;
  }
  return best;
}

// Mass, and mass times dx, dy, dx^2, dx dy, dy^2, turn, turn^2, road, of what nobody has claimed in the window.
void sum_window(const Cells& of, const float* mass, const float* moment, const uint8_t* claimed, const Window& window,
                double* sums) {
  std::fill(sums, sums + kSums, 0.0);
  for_cells_near(of, mass, moment, window, [&](int32_t c, float dx, float dy, float turn, float road) {
    if (claimed[c]) return;
    const double m = mass[c];
    const double terms[kSums] = {m, m * dx, m * dy, m * dx * dx, m * dx * dy, m * dy * dy, m * turn, m * turn * turn,
                                 m * road};
    for (int i = 0; i < kSums; ++i) sums[i] += terms[i];
  });
}

}  // namespace

extern "C" {

// Up to `max_modes` modes whose best cell has at least a share of the mass of the very best; returns how many. The window of a mode is
// centred at its mean. claimed (C,) and block_highest (C / 1024 rounded up,) are scratch.
// out (max_modes, 12): x, y, yaw of the centre of the last pass, then the sums of sum_window around it.
int64_t geoloc_belief_modes(int64_t cells, int64_t tiles, const float* x, const float* y, const float* yaw,
                            const int64_t* tile_key, const int64_t* tile_start, const int32_t* tile_cell, float tile_m,
                            const float* mass, const float* moment, float radius, float max_turn, float least_share,
                            int64_t max_modes, uint8_t* claimed, float* block_highest, double* out) {
  const Cells of{cells, tiles, x, y, yaw, tile_key, tile_start, tile_cell, tile_m};
  const int64_t blocks = (cells + kBlock - 1) / kBlock;
  std::fill(claimed, claimed + cells, uint8_t{0});
  highest_of_blocks(mass, cells, block_highest);
  const float least = least_share * *std::max_element(block_highest, block_highest + blocks);
  int64_t found = 0;
  while (found < max_modes) {
    const int64_t block = std::max_element(block_highest, block_highest + blocks) - block_highest;
    if (!(block_highest[block] >= least)) break;
    const int64_t seed = best_unclaimed(mass, claimed, block, cells);
    Window window{x[seed], y[seed], wrapped(yaw[seed] + moment[seed] / mass[seed]), radius, max_turn};
    Window centre = window;
    double sums[kSums];
    for (int pass = 0; pass < kPasses; ++pass) {
      centre = window;
      sum_window(of, mass, moment, claimed, centre, sums);
      if (!(sums[0] > 0.0)) break;
      window.x += static_cast<float>(sums[1] / sums[0]);
      window.y += static_cast<float>(sums[2] / sums[0]);
      window.yaw = wrapped(window.yaw + static_cast<float>(sums[6] / sums[0]));
    }
    std::vector<int64_t> touched{block};
    claimed[seed] = 1;
    for_cells_near(of, mass, moment, centre, [&](int32_t c, float, float, float, float) {
      claimed[c] = 1;
      touched.push_back(c / kBlock);
    });
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (const int64_t b : touched) block_highest[b] = block_maximum(mass, claimed, b, cells);
    if (!(sums[0] > 0.0)) continue;  // nothing but the seed, which its own mean has left behind
    double* mode = out + found++ * (3 + kSums);
    mode[0] = centre.x, mode[1] = centre.y, mode[2] = centre.yaw;
    std::copy(sums, sums + kSums, mode + 3);
  }
  return found;
}

// Multiplies the mass within the radius and turn of a pose by a factor.
void geoloc_belief_boost(int64_t cells, int64_t tiles, const float* x, const float* y, const float* yaw,
                           const int64_t* tile_key, const int64_t* tile_start, const int32_t* tile_cell, float tile_m,
                           float pose_x, float pose_y, float pose_yaw, float radius, float max_turn, float factor,
                           float* mass, float* moment) {
  const Cells of{cells, tiles, x, y, yaw, tile_key, tile_start, tile_cell, tile_m};
  for_cells_near(of, mass, moment, Window{pose_x, pose_y, pose_yaw, radius, max_turn},
                 [&](int32_t c, float, float, float, float) {
                   mass[c] *= factor;
                   moment[c] *= factor;
                 });
}

}  // extern "C"
