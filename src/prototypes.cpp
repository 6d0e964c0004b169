// The prototype that each cell of an image is most alike; see geoloc_ros/landmarks/prototypes.py.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_CLONES __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define GEOLOC_CLONES
#endif

namespace {

constexpr int kLanes = 16;  // prototypes of a panel
constexpr int kCells = 6;   // as many sums as registers hold
constexpr int64_t kCellsAtOnce = 96;
typedef float Floats __attribute__((vector_size(4 * kLanes)));
typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));

struct Best {
  Floats product;
  Ints panel;
};

// Products of kCells cells with `panels` panels (depth, kLanes), the first of them number `first_panel`; lane by lane
// the largest so far is kept. values (depth, kCells).
GEOLOC_CLONES void compare(const float* values, int64_t depth, const float* panel, int64_t panels, int32_t first_panel,
                           Best* best) {
  for (int64_t p = 0; p < panels; ++p, panel += depth * kLanes) {
    Floats sums[kCells] = {};
    for (int64_t d = 0; d < depth; ++d) {
      Floats row;
      std::memcpy(&row, panel + d * kLanes, sizeof row);
      for (int c = 0; c < kCells; ++c) sums[c] += row * values[d * kCells + c];
    }
    const Ints number = Ints{} + (first_panel + static_cast<int32_t>(p));
    for (int c = 0; c < kCells; ++c) {
      const Ints larger = sums[c] > best[c].product;
      best[c].product = larger ? sums[c] : best[c].product;
      best[c].panel = larger ? number : best[c].panel;
    }
  }
}

}  // namespace

// row (cells,) of the prototype with the largest inner product, the first of equals, and that product (cells,).
//
// values: element [cell + d * value_step], as a network gives maps (depth, height, width). panels (num_panels, depth,
// 16): prototype 16 p + lane in lane `lane` of panel p; the last panel is filled up with copies of the last prototype.
extern "C" void geoloc_nearest_prototypes(const float* values, int64_t cells, int64_t value_step, int64_t depth,
                                          const float* panels, int64_t num_panels, int32_t* row, float* product) {
  // So many panels stay in the first cache while all cells of a block pass by.
  const int64_t together = std::max<int64_t>(1, 4096 / (depth * kLanes));
  std::vector<float> block(static_cast<size_t>(kCellsAtOnce * depth));
  alignas(64) Best best[kCellsAtOnce];
  for (int64_t first = 0; first < cells; first += kCellsAtOnce) {
    const int64_t count = std::min(kCellsAtOnce, cells - first), groups = (count + kCells - 1) / kCells;
    for (int64_t i = 0; i < groups * kCells; ++i) {
      const int64_t cell = first + std::min(i, count - 1);
      float* to = block.data() + i / kCells * kCells * depth + i % kCells;
      for (int64_t d = 0; d < depth; ++d) to[d * kCells] = values[cell + d * value_step];
      best[i].product = Floats{} - std::numeric_limits<float>::infinity();
      best[i].panel = Ints{};
    }
    for (int64_t p = 0; p < num_panels; p += together) {
      for (int64_t g = 0; g < groups; ++g) {
        compare(block.data() + g * kCells * depth, depth, panels + p * depth * kLanes,
                std::min(together, num_panels - p), static_cast<int32_t>(p), best + g * kCells);
      }
    }
    for (int64_t i = 0; i < count; ++i) {
      int32_t lane_row = std::numeric_limits<int32_t>::max();
      float largest = -std::numeric_limits<float>::infinity();
      for (int lane = 0; lane < kLanes; ++lane) {
        const float here = best[i].product[lane];
        const int32_t candidate = best[i].panel[lane] * kLanes + lane;
        if (here > largest || (here == largest && candidate < lane_row)) largest = here, lane_row = candidate;
      }
      row[first + i] = lane_row;
      product[first + i] = largest;
    }
  }
}
