// The inner loops of the ray caster, for the instruction set of the namespace it is included in; see raycast.cpp.

// Angle of (x, y) within 5e-7 rad; the same input gives the same angle, on which walls with a common corner rely.
inline F angle(F x, F y) {
  const F ax = absolute(x), ay = absolute(y);
  const F t = minimum(ax, ay) / maximum(maximum(ax, ay), all(1e-20f));
  const F s = t * t;
  F p = all(6.811793011e-03f);
  p = fma(p, s, all(-3.360421972e-02f));
  p = fma(p, s, all(7.962367139e-02f));
  p = fma(p, s, all(-1.323334204e-01f));
  p = fma(p, s, all(1.980781555e-01f));
  p = fma(p, s, all(-3.331736805e-01f));
  p = fma(p, s, all(9.999961115e-01f));
  p = p * t;
  p = pick(less(ax, ay), all(1.5707963268f) - p, p);
  p = pick(less(x, all(0.0f)), all(3.1415926536f) - p, p);
  return with_sign(p, y);
}

// Fills the bands with the pieces of wall that any viewpoint of the box (centre x, y, half sides) may see.
inline void gather(const Scene& scene, const Cast& cast, double x, double y, double half_x, double half_y,
                   bool is_anyone_inside, Neighbourhood* bands) {
  const double reach = cast.max_range + kPieceLength / 2.0;
  const auto clamp = [](double value, int64_t size) {
    return value <= 0.0 ? int64_t(0) : value >= double(size) ? size : int64_t(value);
  };
  const int64_t row_first = clamp((y - half_y - reach - scene.south) / scene.cell, scene.rows);
  const int64_t row_last = clamp((y + half_y + reach - scene.south) / scene.cell + 1.0, scene.rows);
  // Columns of a row: the part of it that a disc of radius `reach`, swept over the box, covers.
  const auto columns = [&](int64_t row) {
    const double low = scene.south + double(row) * scene.cell - (y + half_y);
    const double high = (y - half_y) - (scene.south + double(row + 1) * scene.cell);
    const double dy = std::max(0.0, std::max(low, high));
    const double dx = half_x + std::sqrt(std::max(0.0, reach * reach - dy * dy));
    return std::make_pair(clamp((x - dx - scene.west) / scene.cell, scene.columns),
                          clamp((x + dx - scene.west) / scene.cell + 1.0, scene.columns));
  };
  int64_t total = 0;
  for (int64_t row = row_first; row < row_last; ++row) {
    const auto [from, to] = columns(row);
    const int64_t* start = scene.wall_start.data() + row * scene.columns;
    total += from < to ? start[to] - start[from] : 0;
  }
  const size_t capacity = size_t(total) + 2 * W;
  for (int band = 0; band < kBands; ++band) {
    Neighbourhood& near = bands[band];
    for (auto* list : {&near.ax, &near.ay, &near.bx, &near.by, &near.nx, &near.ny, &near.offset, &near.back})
      list->reserve(capacity);
    near.building.reserve(capacity);
    near.wall.reserve(capacity);
    near.size = 0;
  }
  const F range = all(float(cast.max_range) * 1.000001f + 1e-3f), hx = all(float(half_x)), hy = all(float(half_y));
  const F minus_infinity = all(-INFINITY), margin = all(1e-3f);
  // Nearest point of a piece beyond the range from all of the box, seen from its centre.
  const float far = float(cast.max_range + std::hypot(half_x, half_y) + 1e-2);
  const F far_squared = all(far * far + float(kPieceLength * kPieceLength / 4.0));
  for (int64_t row = row_first; row < row_last; ++row) {
    const auto [from, to] = columns(row);
    if (from >= to) continue;
    const int64_t* start = scene.wall_start.data() + row * scene.columns;
    for (int64_t i = start[from]; i < start[to]; i += W) {
      const F pax = relative(&scene.ax[i], x), pay = relative(&scene.ay[i], y);
      const F pbx = relative(&scene.bx[i], x), pby = relative(&scene.by[i], y);
      const F mx = load(&scene.nx[i]), my = load(&scene.ny[i]);
      const F d = fma(mx, pax, my * pay);
      const F slack = fma(absolute(mx), hx, fma(absolute(my), hy, margin));
      F behind = load(&scene.back[i]);
      if (is_anyone_inside) behind = minus_infinity;
      const F nearest = minimum(fma(pax, pax, pay * pay), fma(pbx, pbx, pby * pby));
      M kept = both(less(behind, d + slack), less(absolute(d) - slack, range));
      const M exists = less(iota(), all(int32_t(std::min<int64_t>(start[to] - i, W))));
      kept = both(both(kept, less(nearest, far_squared)), exists);
      for (int band = 0; band < kBands; ++band) {
        M mine = kept;
        if (band + 1 < kBands) {
          mine = both(kept, less(nearest, all(float(kBandReach[band] * kBandReach[band]))));
          kept = but_not(kept, mine);
        }
        if (!any(mine)) continue;
        Neighbourhood& near = bands[band];
        const int64_t n = near.size;
        pack(near.ax.data() + n, mine, pax);
        pack(near.ay.data() + n, mine, pay);
        pack(near.bx.data() + n, mine, pbx);
        pack(near.by.data() + n, mine, pby);
        pack(near.nx.data() + n, mine, mx);
        pack(near.ny.data() + n, mine, my);
        pack(near.offset.data() + n, mine, d);
        pack(near.back.data() + n, mine, behind);
        pack(near.building.data() + n, mine, load(&scene.building[i]));
        pack(near.wall.data() + n, mine, plus(iota(), all(int32_t(i))));
        near.size += count(mine);
      }
    }
  }
  for (int band = 0; band < kBands; ++band)  // what is read beyond the end shows nothing
    store(bands[band].back.data() + bands[band].size, all(INFINITY));
}

// Fills `candidates` with the walls that a viewer may see, and the bins first <= k < last that they cover.
template <bool kMayHide>
inline void cull(const Neighbourhood& near, const Viewer& viewer, const Cast& cast, const float* depth,
                 Candidates& candidates) {
  const size_t capacity = 2 * size_t(near.size) + 2 * W;
  float *first = candidates.first.reserve(capacity), *last = candidates.last.reserve(capacity),
        *nx = candidates.nx.reserve(capacity), *ny = candidates.ny.reserve(capacity),
        *distance = candidates.distance.reserve(capacity);
  int32_t* building = candidates.building.reserve(capacity);
  const F qx = all(viewer.x), qy = all(viewer.y), zero = all(0.0f), half = all(0.5f);
  const F bins = all(float(cast.num_rays));
  const F per_radian = all(float(cast.num_rays / 6.283185307179586)), turn = all(-viewer.yaw) * per_radian;
  const F per_sector = all(1.0f / float(cast.sector_bins));
  const F range_squared = all(float(cast.max_range * cast.max_range));
  const F far_squared = range_squared + all(float(kPieceLength * kPieceLength / 4.0));
  const auto bin_of = [&](F px, F py) {
    const F bin = fma(angle(px, py), per_radian, turn);
    return minimum(pick(less(bin, zero), bin + bins, bin), bins);
  };
  int64_t n = 0;
  for (int64_t i = 0; i < near.size; i += W) {
    const F mx = load(near.nx.data() + i), my = load(near.ny.data() + i);
    const F d = load(near.offset.data() + i) - fma(mx, qx, my * qy);
    const F ax = load(near.ax.data() + i) - qx, ay = load(near.ay.data() + i) - qy;
    const F bx = load(near.bx.data() + i) - qx, by = load(near.by.data() + i) - qy;
    const F a_squared = fma(ax, ax, ay * ay), b_squared = fma(bx, bx, by * by);
    const F corner = minimum(a_squared, b_squared);
    M kept = both(less(load(near.back.data() + i), d), less(corner, far_squared));
    if (!any(kept)) continue;
    const F bin_a = bin_of(ax, ay), bin_b = bin_of(bx, by);
    // From the front a wall runs clockwise, so it begins, counter-clockwise, at its end.
    const M front = less(zero, d);
    const F begin = pick(front, bin_b, bin_a), end = pick(front, bin_a, bin_b);
    const M wraps = less(end, begin);
    const F extent = end - begin + pick(wraps, bins, zero);
    const F from = round_up(begin), to = round_up(end);
    // More than half a turn is less than nothing, rounded: a wall seen edge-on.
    kept = both(both(kept, less(extent, all(0.75f) * bins)), either(less(from, to), wraps));
    // Hidden: all that is seen so far, in the one or two sectors that the wall covers, is nearer than all of it.
    if constexpr (kMayHide) {
      const F ex = bx - ax, ey = by - ay;
      const F nearest = maximum(corner - all(0.25f) * fma(ex, ex, ey * ey), d * d);
      const I sector = to_int((from + half) * per_sector), sector_to = to_int((to - half) * per_sector);
      const F deepest = maximum(look_up(depth, sector), look_up(depth, sector_to));
      const M hidden = but_not(both(less(deepest, nearest), less(minus(sector_to, sector), all(2))), wraps);
      kept = but_not(kept, hidden);
    }
    const F farther = minimum(maximum(a_squared, b_squared), range_squared);
    const M fine = both(kept, less(absolute(d), fma(farther, all(7e-5f), all(0.01f))));
    kept = but_not(kept, fine);
    const I owner = load(near.building.data() + i);
    const auto add = [&](M which, F low, F high) {
      pack(first + n, which, low);
      pack(last + n, which, high);
      pack(nx + n, which, mx);
      pack(ny + n, which, my);
      pack(distance + n, which, d);
      pack(building + n, which, owner);
      n += count(which);
    };
    const M split = both(kept, wraps);
    add(but_not(kept, split), from, to);
    if (any(split)) {
      add(both(split, less(from, bins)), from, bins);
      add(both(split, less(zero, to)), zero, to);
    }
    if (any(fine)) {
      alignas(64) float low[W], high[W];
      store(low, from);
      store(high, to);
      for (unsigned left = bits(fine); left; left &= left - 1) {
        const int lane = __builtin_ctz(left);
        const int32_t wall = near.wall.data()[i + lane];
        if (bits(wraps) >> lane & 1) {
          candidates.fine.push_back({int32_t(low[lane]), cast.num_rays, wall});
          candidates.fine.push_back({0, int32_t(high[lane]), wall});
        } else {
          candidates.fine.push_back({int32_t(low[lane]), int32_t(high[lane]), wall});
        }
      }
    }
  }
  candidates.size = n;
}

// Fills `stretches` with the lines of the candidates, cut where a vector of bins ends.
inline void stretch(const Candidates& candidates, const Viewer& viewer, const Cast& cast, Stretches& stretches) {
  const size_t capacity = size_t(candidates.size + W) * size_t(cast.num_bins / W + 1) + W;
  float *a = stretches.a.reserve(capacity), *b = stretches.b.reserve(capacity);
  int32_t *bin = stretches.bin.reserve(capacity), *mask = stretches.mask.reserve(capacity);
  int32_t* building = stretches.building.reserve(capacity);
  const F cos_yaw = all(viewer.cos_yaw), sin_yaw = all(viewer.sin_yaw), zero = all(0.0f);
  const I all_lanes = all(int32_t((1 << W) - 1)), width = all(int32_t(W));
  int64_t n = 0;
  for (int64_t i = 0; i < candidates.size; i += W) {
    const F nx = load(candidates.nx.data() + i), ny = load(candidates.ny.data() + i);
    const F inverse = all(1.0f) / load(candidates.distance.data() + i);
    const F av = fma(nx, cos_yaw, ny * sin_yaw) * inverse;
    const F bv = fma(ny, cos_yaw, zero - nx * sin_yaw) * inverse;
    const I owner = load(candidates.building.data() + i);
    const I first = to_int(load(candidates.first.data() + i)), last = to_int(load(candidates.last.data() + i));
    I from = bit_and(first, all(int32_t(-W)));
    I lanes = shift_left(all_lanes, minus(first, from));
    M which = less(iota(), all(int32_t(std::min<int64_t>(candidates.size - i, W))));
    do {
      const I left = minus(last, from);
      lanes = bit_and(lanes, shift_right(all_lanes, minus(width, minimum(left, width))));
      pack(a + n, which, av);
      pack(b + n, which, bv);
      pack(bin + n, which, from);
      pack(mask + n, which, lanes);
      pack(building + n, which, owner);
      n += count(which);
      which = both(which, less(width, left));
      from = plus(from, width);
      lanes = all_lanes;
    } while (any(which));
  }
  stretches.size = n;
}

// Draws the visible walls: per bin the largest 1 / range and whose it is.
inline void draw(const Stretches& stretches, const Cast& cast, float* inverse, int32_t* hit) {
  const float *a = stretches.a.data(), *b = stretches.b.data();
  const int32_t *bin = stretches.bin.data(), *mask = stretches.mask.data(), *building = stretches.building.data();
  for (int64_t w = 0; w < stretches.size; ++w) {
    const int32_t k = bin[w];
    const F now = load(inverse + k);
    const F mine = fma(all(a[w]), load(cast.cosine + k), all(b[w]) * load(cast.sine + k));
    const M lanes = lanes_of(mask[w]);
    const M nearer = both(lanes, less(now, mine));
    // Not by `nearer`: the next stretch waits for this store, and a maximum is there sooner than a comparison.
    store(inverse + k, pick(lanes, maximum(now, mine), now));
    store(hit + k, pick(nearer, all(building[w]), load(hit + k)));
  }
}

// The largest range in each sector, squared and a little more.
inline void find_depth(const Cast& cast, const float* inverse, float* depth) {
  for (int32_t sector = 0, k = 0; k < cast.num_bins; ++sector) {
    F least = all(INFINITY);
    const int32_t end = std::min(k + cast.sector_bins, cast.num_bins);
    for (; k < end; k += W) least = minimum(least, load(inverse + k));
    const float smallest_inverse = smallest(least);
    depth[sector] = 1.0001f / (smallest_inverse * smallest_inverse);
  }
}

// The same in float64 for walls whose line passes close by: there 1 / range is a small difference of large numbers.
inline void draw_fine(const Scene& scene, const Candidates& candidates, const Cast& cast, const double* pose,
                      float* inverse, int32_t* hit) {
  if (candidates.fine.empty()) return;
  const double cos_yaw = std::cos(pose[2]), sin_yaw = std::sin(pose[2]);
  for (const Fine& fine : candidates.fine) {
    const int32_t w = fine.wall;
    const double ax = scene.ax[w] - pose[0], ay = scene.ay[w] - pose[1];
    const double ex = scene.bx[w] - scene.ax[w], ey = scene.by[w] - scene.ay[w];
    const double area = ax * ey - ay * ex;
    for (int32_t k = fine.first; k < fine.last; ++k) {
      const double c = cast.fine_cosine[k], s = cast.fine_sine[k];
      const double ux = c * cos_yaw - s * sin_yaw, uy = s * cos_yaw + c * sin_yaw;
      const float mine = float((ux * ey - uy * ex) / area);
      if (mine > inverse[k]) {
        inverse[k] = mine;
        hit[k] = scene.building[w];
      }
    }
  }
}

inline void write_rays(const Cast& cast, const float* inverse, const int32_t* hit, float* range, int32_t* instance) {
  const F nothing = all(NAN);
  const I none = all(0);
  int32_t k = 0;
  for (; k + W <= cast.num_rays; k += W) {
    const I id = load(hit + k);
    store(range + k, pick(less(id, none), nothing, all(1.0f) / load(inverse + k)));
    store(instance + k, id);
  }
  for (; k < cast.num_rays; ++k) {
    range[k] = hit[k] < 0 ? NAN : 1.0f / inverse[k];
    instance[k] = hit[k];
  }
}

// Casts the rays of the viewpoints `rows`, which lie close together.
void cast_tile(const Scene& scene, const Cast& cast, const int32_t* rows, int64_t size, Scratch& scratch) {
  double west = INFINITY, south = INFINITY, east = -INFINITY, north = -INFINITY;
  bool is_anyone_inside = false;
  for (int64_t i = 0; i < size; ++i) {
    const double* pose = cast.poses + 3 * int64_t(rows[i]);
    west = std::min(west, pose[0]);
    east = std::max(east, pose[0]);
    south = std::min(south, pose[1]);
    north = std::max(north, pose[1]);
    is_anyone_inside |= scene.is_inside_solid(pose[0], pose[1]);
  }
  const double x = (west + east) / 2.0, y = (south + north) / 2.0;
  gather(scene, cast, x, y, (east - west) / 2.0, (north - south) / 2.0, is_anyone_inside, scratch.bands);
  float* inverse = scratch.inverse.reserve(size_t(cast.num_bins));
  int32_t* hit = scratch.hit.reserve(size_t(cast.num_bins));
  for (int64_t i = 0; i < size; ++i) {
    const int64_t row = rows[i];
    const double* pose = cast.poses + 3 * row;
    for (int32_t k = 0; k < cast.num_bins; k += W) {
      store(inverse + k, all(float(1.0 / cast.max_range)));
      store(hit + k, all(int32_t(-1)));
    }
    const float yaw = float(std::remainder(pose[2], 6.283185307179586));
    const Viewer viewer{float(pose[0] - x), float(pose[1] - y), yaw, std::cos(yaw), std::sin(yaw)};
    for (float& depth : scratch.depth) depth = INFINITY;
    for (int band = 0; band < kBands; ++band) {
      if (band > 0) find_depth(cast, inverse, scratch.depth);
      scratch.candidates.fine.clear();
      (band > 0 ? cull<true> : cull<false>)(scratch.bands[band], viewer, cast, scratch.depth, scratch.candidates);
      stretch(scratch.candidates, viewer, cast, scratch.stretches);
      draw(scratch.stretches, cast, inverse, hit);
      draw_fine(scene, scratch.candidates, cast, pose, inverse, hit);
    }
    write_rays(cast, inverse, hit, cast.range + row * cast.num_rays, cast.instance + row * cast.num_rays);
  }
}
