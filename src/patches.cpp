// Over-segmentation of a surface into patches of similar size. See geoloc_ros/landmarks/create/patches.py.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

constexpr int kRounds = 10;
// Rounds after which the holes that are left get seeds of their own, and those after which slivers lose theirs.
constexpr int kLastSeeding = 3, kFirstPruning = 4, kLastPruning = 7;
// Seeds are not nearer to each other, in patch sizes. A lattice of spacing 1 leaves nothing further away than 0.71.
constexpr float kSeedRadius = 0.8f;
// Patches reach no further from their centre, in patch sizes, and bend no more (cosine to their mean normal).
constexpr float kReach = 1.0f, kBend = 0.35f;
// Turning by 90 degrees weighs as much as a patch size of distance.
constexpr float kNormalWeight = 1.0f;
// Areas in squares of the patch size: smaller patches join a neighbour; those without one are dropped.
constexpr float kSliver = 0.3f, kCrumb = 0.06f;
// A sliver may join a patch whose normal is that close (cosine), and whose centre that near (patch sizes).
constexpr float kAlike = 0.6f, kJoinReach = 1.25f;

struct Vector {
  float x, y, z;
};

inline float dot(const Vector& a, const Vector& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

inline float squared_distance(const Vector& a, const Vector& b) {
  const Vector d{a.x - b.x, a.y - b.y, a.z - b.z};
  return dot(d, d);
}

struct Graph {
  int32_t count;
  const Vector *position, *normal;  // positions in patch sizes
  const float* area;                // in squares of the patch size
  const int64_t* offset;            // (count + 1,)
  const int32_t* neighbour;
};

struct Centre {
  Vector position, normal;
  float area;
  int32_t start;  // the element that the patch grows from
};

class Growth {
 public:
  Growth(const Graph& graph, int32_t* patch) : graph_(graph), patch_(patch) {
    std::fill(patch_, patch_ + graph_.count, -1);
  }

  void run(const int32_t* order) {
    seed(order);
    for (int round = 0; round < kRounds; ++round) {
      grow();
      if (round <= kLastSeeding) seed(order);
      move_centres();
      if (round >= kFirstPruning && round <= kLastPruning) prune();
    }
    grow();
  }

  // Elements that no patch reached, and slivers, join the patch beside them, stay as they are, or are dropped (-1).
  void tidy() {
    // What is left in one piece is one patch.
    std::vector<int32_t> stack;
    for (int32_t e = 0; e < graph_.count; ++e) {
      if (patch_[e] >= 0) continue;
      const int32_t number = static_cast<int32_t>(centres_.size());
      centres_.push_back({graph_.position[e], graph_.normal[e], 0.0f, e});
      patch_[e] = number;
      stack.push_back(e);
      while (!stack.empty()) {
        const int32_t from = stack.back();
        stack.pop_back();
        for (int64_t k = graph_.offset[from]; k < graph_.offset[from + 1]; ++k) {
          const int32_t to = graph_.neighbour[k];
          if (patch_[to] >= 0 || !belongs(to, centres_[number])) continue;
          patch_[to] = number;
          stack.push_back(to);
        }
      }
    }
    move_centres();
    join_slivers();
  }

 private:
  struct Step {
    int32_t patch, element;
  };

  // Steps by their cost, in so many parts of a square patch size; what is cheaper than what was taken last is next.
  static constexpr float kSteps = 1024.0f;
  static constexpr size_t kBuckets = static_cast<size_t>(kSteps * (kReach * kReach + kNormalWeight * (1.0f - kBend))) + 2;

  float cost(int32_t element, const Centre& centre) const {
    return squared_distance(graph_.position[element], centre.position) +
           kNormalWeight * (1.0f - dot(graph_.normal[element], centre.normal));
  }

  bool belongs(int32_t element, const Centre& centre) const {
    return squared_distance(graph_.position[element], centre.position) <= kReach * kReach &&
           dot(graph_.normal[element], centre.normal) >= kBend;
  }

  // Seeds where nothing is: in the order given, those that no other seed covers over the surface.
  void seed(const int32_t* order) {
    std::vector<uint8_t> covered(graph_.count);
    for (int32_t e = 0; e < graph_.count; ++e) covered[e] = patch_[e] >= 0;
    std::vector<int32_t> stack;
    // A seed's own mark of what it has walked over: it may pass what others cover, to be as far from them as it says.
    std::vector<int32_t> walked(graph_.count, -1);
    for (int32_t i = 0; i < graph_.count; ++i) {
      const int32_t e = order[i];
      if (covered[e]) continue;
      const Centre centre{graph_.position[e], graph_.normal[e], 0.0f, e};
      const int32_t number = static_cast<int32_t>(centres_.size());
      centres_.push_back(centre);
      stack.push_back(e);
      walked[e] = number;
      while (!stack.empty()) {
        const int32_t from = stack.back();
        stack.pop_back();
        covered[from] = 1;
        for (int64_t k = graph_.offset[from]; k < graph_.offset[from + 1]; ++k) {
          const int32_t to = graph_.neighbour[k];
          if (walked[to] == number || !belongs(to, centre) ||
              squared_distance(graph_.position[to], centre.position) > kSeedRadius * kSeedRadius)
            continue;
          walked[to] = number;
          stack.push_back(to);
        }
      }
    }
  }

  // Every patch grows from its start over the surface, the cheapest step of all patches first.
  void grow() {
    std::fill(patch_, patch_ + graph_.count, -1);
    steps_.resize(kBuckets);
    size_t now = 0;
    const auto offer = [&](int32_t element, int32_t number) {
      const float paid = std::min(kSteps * cost(element, centres_[number]), static_cast<float>(kBuckets - 1));
      steps_[std::max(now, static_cast<size_t>(std::max(paid, 0.0f)))].push_back({number, element});
    };
    for (size_t c = 0; c < centres_.size(); ++c) offer(centres_[c].start, static_cast<int32_t>(c));
    for (; now < kBuckets; ++now) {
      // More may come while this is gone through.
      for (size_t i = 0; i < steps_[now].size(); ++i) {
        const Step step = steps_[now][i];
        if (patch_[step.element] >= 0) continue;
        patch_[step.element] = step.patch;
        for (int64_t k = graph_.offset[step.element]; k < graph_.offset[step.element + 1]; ++k) {
          const int32_t to = graph_.neighbour[k];
          if (patch_[to] < 0 && belongs(to, centres_[step.patch])) offer(to, step.patch);
        }
      }
      steps_[now].clear();
    }
  }

  // Centres become the means of their patches; patches without an element vanish.
  void move_centres() {
    std::vector<double> sum(centres_.size() * 7, 0.0);
    for (int32_t e = 0; e < graph_.count; ++e) {
      if (patch_[e] < 0) continue;
      double* s = &sum[static_cast<size_t>(patch_[e]) * 7];
      const double area = graph_.area[e];
      const Vector &p = graph_.position[e], &n = graph_.normal[e];
      const double add[7] = {area * p.x, area * p.y, area * p.z, area * n.x, area * n.y, area * n.z, area};
      for (int i = 0; i < 7; ++i) s[i] += add[i];
    }
    std::vector<int32_t> renumbered(centres_.size(), -1);
    std::vector<float> best;
    size_t kept = 0;
    for (size_t c = 0; c < centres_.size(); ++c) {
      const double* s = &sum[c * 7];
      Centre centre = centres_[c];
      if (s[6] > 0.0) {
        centre.position = {static_cast<float>(s[0] / s[6]), static_cast<float>(s[1] / s[6]),
                           static_cast<float>(s[2] / s[6])};
        const double length = std::sqrt(s[3] * s[3] + s[4] * s[4] + s[5] * s[5]);
        if (length > 0.0)
          centre.normal = {static_cast<float>(s[3] / length), static_cast<float>(s[4] / length),
                           static_cast<float>(s[5] / length)};
      } else if (patch_[centre.start] >= 0) {
        continue;  // a seed that another patch has grown over
      }
      centre.area = static_cast<float>(s[6]);
      renumbered[c] = static_cast<int32_t>(kept);
      centres_[kept++] = centre;
    }
    centres_.resize(kept);
    best.assign(kept, INFINITY);
    for (int32_t e = 0; e < graph_.count; ++e) {
      if (patch_[e] < 0) continue;
      patch_[e] = renumbered[patch_[e]];
      const float paid = cost(e, centres_[patch_[e]]);
      if (paid < best[patch_[e]]) {
        best[patch_[e]] = paid;
        centres_[patch_[e]].start = e;
      }
    }
  }

  // For each sliver the patch beside it that it fits best, -1 where there is none.
  std::vector<int32_t> hosts(float largest) const {
    std::vector<int32_t> host(centres_.size(), -1);
    std::vector<float> best(centres_.size(), INFINITY);
    for (int32_t e = 0; e < graph_.count; ++e) {
      const int32_t own = patch_[e];
      if (own < 0 || centres_[own].area >= largest) continue;
      for (int64_t k = graph_.offset[e]; k < graph_.offset[e + 1]; ++k) {
        const int32_t other = patch_[graph_.neighbour[k]];
        if (other < 0 || other == own) continue;
        const Centre &a = centres_[own], &b = centres_[other];
        const float apart = squared_distance(a.position, b.position), alike = dot(a.normal, b.normal);
        if (alike < kAlike || apart > kJoinReach * kJoinReach) continue;
        const float paid = apart + kNormalWeight * (1.0f - alike);
        if (paid < best[own] || (paid == best[own] && other < host[own])) {
          best[own] = paid;
          host[own] = other;
        }
      }
    }
    return host;
  }

  // Slivers with a neighbour that may have their place give it up; the smaller first, and never two side by side.
  void prune() {
    const std::vector<int32_t> host = hosts(kSliver);
    std::vector<uint8_t> is_gone(centres_.size(), 0), is_host(centres_.size(), 0);
    for (const int32_t c : by_area()) {
      if (host[c] < 0 || is_host[c] || is_gone[host[c]]) continue;
      is_gone[c] = 1;
      is_host[host[c]] = 1;
    }
    size_t kept = 0;
    for (size_t c = 0; c < centres_.size(); ++c)
      if (!is_gone[c]) centres_[kept++] = centres_[c];
    centres_.resize(kept);
  }

  void join_slivers() {
    const std::vector<int32_t> host = hosts(kSliver);
    std::vector<int32_t> goes_to(centres_.size());
    std::vector<uint8_t> is_host(centres_.size(), 0);
    for (size_t c = 0; c < centres_.size(); ++c) goes_to[c] = static_cast<int32_t>(c);
    for (const int32_t c : by_area()) {
      if (host[c] < 0 || is_host[c] || goes_to[host[c]] != host[c]) continue;
      goes_to[c] = host[c];
      is_host[host[c]] = 1;
      centres_[host[c]].area += centres_[c].area;
    }
    for (size_t c = 0; c < centres_.size(); ++c)
      if (goes_to[c] == static_cast<int32_t>(c) && centres_[c].area < kCrumb) goes_to[c] = -1;
    for (int32_t e = 0; e < graph_.count; ++e) patch_[e] = goes_to[patch_[e]];
  }

  std::vector<int32_t> by_area() const {
    std::vector<int32_t> order(centres_.size());
    for (size_t c = 0; c < order.size(); ++c) order[c] = static_cast<int32_t>(c);
    std::sort(order.begin(), order.end(), [this](int32_t a, int32_t b) {
      return centres_[a].area != centres_[b].area ? centres_[a].area < centres_[b].area : a < b;
    });
    return order;
  }

  const Graph& graph_;
  int32_t* patch_;
  std::vector<Centre> centres_;
  std::vector<std::vector<Step>> steps_;
};

}  // namespace

extern "C" {

// `position` in patch sizes, `area` in their squares; `order` in which elements may become seeds. `patch` receives
// numbers that may have gaps, -1 for elements of no patch.
void geoloc_grow_patches(int32_t count, const float* position, const float* normal, const float* area,
                         const int64_t* offset, const int32_t* neighbour, const int32_t* order, int32_t* patch) {
  const Graph graph{count, reinterpret_cast<const Vector*>(position), reinterpret_cast<const Vector*>(normal), area,
                    offset, neighbour};
  Growth growth(graph, patch);
  growth.run(order);
  growth.tidy();
}
}
