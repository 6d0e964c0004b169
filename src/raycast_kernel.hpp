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

// Fills `near` with the pieces of wall that any viewpoint of the box (centre x, y, half sides) may see.
inline void gather(const Scene& scene, const Cast& cast, double x, double y, double half_x, double half_y,
                   bool is_anyone_inside, Neighbourhood& near) {
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
  float *ax = near.ax.reserve(capacity), *ay = near.ay.reserve(capacity), *bx = near.bx.reserve(capacity),
        *by = near.by.reserve(capacity), *nx = near.nx.reserve(capacity), *ny = near.ny.reserve(capacity),
        *offset = near.offset.reserve(capacity), *back = near.back.reserve(capacity);
  int32_t *building = near.building.reserve(capacity), *wall = near.wall.reserve(capacity);
  const F range = all(float(cast.max_range) * 1.000001f + 1e-3f), hx = all(float(half_x)), hy = all(float(half_y));
  const F minus_infinity = all(-INFINITY), margin = all(1e-3f);
  // Nearest point of a piece beyond the range from all of the box, seen from its centre.
  const float far = float(cast.max_range + std::hypot(half_x, half_y) + 1e-2);
  const F far_squared = all(far * far + float(kPieceLength * kPieceLength / 4.0));
  int64_t n = 0;
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
      kept = both(both(kept, less(nearest, far_squared)), less(iota(), all(int32_t(std::min<int64_t>(start[to] - i, W)))));
      pack(ax + n, kept, pax);
      pack(ay + n, kept, pay);
      pack(bx + n, kept, pbx);
      pack(by + n, kept, pby);
      pack(nx + n, kept, mx);
      pack(ny + n, kept, my);
      pack(offset + n, kept, d);
      pack(back + n, kept, behind);
      pack(building + n, kept, load(&scene.building[i]));
      pack(wall + n, kept, plus(iota(), all(int32_t(i))));
      n += count(kept);
    }
  }
  near.size = n;
  near.x = x;
  near.y = y;
  store(back + n, all(INFINITY));  // what is read beyond the end shows nothing
}

// Fills `visible` with the bins that each wall covers for a viewer at (x, y) of the neighbourhood, and its line.
inline void project(const Neighbourhood& near, float x, float y, float yaw, float cos_yaw, float sin_yaw,
                    const Cast& cast, Visible& visible) {
  const size_t capacity = 2 * size_t(near.size) + 2 * W;
  float *a = visible.a.reserve(capacity), *b = visible.b.reserve(capacity);
  int32_t *first = visible.first.reserve(capacity), *last = visible.last.reserve(capacity);
  int32_t* building = visible.building.reserve(capacity);
  visible.fine_first.clear();
  visible.fine_last.clear();
  visible.fine_wall.clear();
  const F qx = all(x), qy = all(y), zero = all(0.0f);
  const F bins = all(float(cast.num_rays)), per_bin = all(1.0f / float(cast.num_rays));
  const F per_radian = all(float(cast.num_rays / 6.283185307179586)), turn = all(yaw) * per_radian;
  const F cos_yaw_v = all(cos_yaw), sin_yaw_v = all(sin_yaw);
  const F range = all(float(cast.max_range)), range_squared = range * range;
  const F far_squared = range_squared + all(float(kPieceLength * kPieceLength / 4.0));
  const auto bin_of = [&](F px, F py) {
    const F bin = fma(angle(px, py), per_radian, zero - turn);
    return bin - bins * round_down(bin * per_bin);
  };
  int64_t n = 0;
  for (int64_t i = 0; i < near.size; i += W) {
    const F nx = load(near.nx.data() + i), ny = load(near.ny.data() + i);
    const F d = load(near.offset.data() + i) - fma(nx, qx, ny * qy);
    const F pax = load(near.ax.data() + i) - qx, pay = load(near.ay.data() + i) - qy;
    const F pbx = load(near.bx.data() + i) - qx, pby = load(near.by.data() + i) - qy;
    const F a_squared = fma(pax, pax, pay * pay), b_squared = fma(pbx, pbx, pby * pby);
    M kept = both(less(load(near.back.data() + i), d), less(absolute(d), range));
    kept = both(kept, less(minimum(a_squared, b_squared), far_squared));
    if (!any(kept)) continue;
    const F bin_a = bin_of(pax, pay), bin_b = bin_of(pbx, pby);
    // From the front a wall runs clockwise, so it begins, counter-clockwise, at its end.
    const M front = less(zero, d);
    const F begin = pick(front, bin_b, bin_a), end = pick(front, bin_a, bin_b);
    const M wraps = less(end, begin);
    const F extent = end - begin + pick(wraps, bins, zero);
    // More than half a turn is less than nothing, rounded: a wall seen edge-on.
    kept = both(kept, less(extent, all(0.75f) * bins));
    const F from = round_up(begin), to = round_up(end);
    kept = both(kept, either(less(from, to), wraps));
    const F inverse_d = all(1.0f) / d;
    const F av = fma(nx, cos_yaw_v, ny * sin_yaw_v) * inverse_d;
    const F bv = fma(ny, cos_yaw_v, zero - nx * sin_yaw_v) * inverse_d;
    const F farther = minimum(maximum(a_squared, b_squared), range_squared);
    const M fine = both(kept, less(absolute(d), fma(farther, all(7e-5f), all(0.01f))));
    const I building_v = load(near.building.data() + i);
    const auto add = [&](M which, F low, F high) {
      pack(a + n, which, av);
      pack(b + n, which, bv);
      pack(first + n, which, to_int(low));
      pack(last + n, which, to_int(high));
      pack(building + n, which, building_v);
      n += count(which);
    };
    const M plain = but_not(kept, fine);
    add(but_not(plain, wraps), from, to);
    const M split = both(plain, wraps);
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
        const auto add_fine = [&](float begin_bin, float end_bin) {
          visible.fine_first.push_back(int32_t(begin_bin));
          visible.fine_last.push_back(int32_t(end_bin));
          visible.fine_wall.push_back(wall);
        };
        if (bits(wraps) >> lane & 1) {
          add_fine(low[lane], float(cast.num_rays));
          add_fine(0.0f, high[lane]);
        } else {
          add_fine(low[lane], high[lane]);
        }
      }
    }
  }
  visible.size = n;
}

// Draws the visible walls: per bin the largest 1 / range and whose it is.
inline void draw(const Visible& visible, const Cast& cast, float* inverse, int32_t* hit) {
  const float *a = visible.a.data(), *b = visible.b.data();
  const int32_t *first = visible.first.data(), *last = visible.last.data(), *building = visible.building.data();
  const I lanes = iota();
  for (int64_t w = 0; w < visible.size; ++w) {
    const F av = all(a[w]), bv = all(b[w]);
    const I id = all(building[w]), low = all(first[w] - 1), high = all(last[w]);
    for (int32_t k = first[w] & -W; k < last[w]; k += W) {
      const F now = load(inverse + k);
      const F mine = fma(av, load(cast.cosine + k), bv * load(cast.sine + k));
      const I bin = plus(lanes, all(k));
      const M nearer = both(both(less(low, bin), less(bin, high)), less(now, mine));
      store(inverse + k, pick(nearer, mine, now));
      store(hit + k, pick(nearer, id, load(hit + k)));
    }
  }
}

// The same in float64 for walls whose line passes close by: there 1 / range is a small difference of large numbers.
inline void draw_fine(const Scene& scene, const Visible& visible, const Cast& cast, const double* pose, float* inverse,
                      int32_t* hit) {
  const double cos_yaw = std::cos(pose[2]), sin_yaw = std::sin(pose[2]);
  for (size_t i = 0; i < visible.fine_wall.size(); ++i) {
    const int32_t w = visible.fine_wall[i];
    const double ax = scene.ax[w] - pose[0], ay = scene.ay[w] - pose[1];
    const double ex = scene.bx[w] - scene.ax[w], ey = scene.by[w] - scene.ay[w];
    const double area = ax * ey - ay * ex;
    for (int32_t k = visible.fine_first[i]; k < visible.fine_last[i]; ++k) {
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
  gather(scene, cast, x, y, (east - west) / 2.0, (north - south) / 2.0, is_anyone_inside, scratch.near);
  float* inverse = scratch.inverse.reserve(size_t(cast.num_bins));
  int32_t* hit = scratch.hit.reserve(size_t(cast.num_bins));
  for (int64_t i = 0; i < size; ++i) {
    const int64_t row = rows[i];
    const double* pose = cast.poses + 3 * row;
    for (int32_t k = 0; k < cast.num_bins; k += W) {
      store(inverse + k, all(float(1.0 / cast.max_range)));
      store(hit + k, all(int32_t(-1)));
    }
    const double yaw = std::remainder(pose[2], 6.283185307179586);
    project(scratch.near, float(pose[0] - x), float(pose[1] - y), float(yaw), float(std::cos(yaw)),
            float(std::sin(yaw)), cast, scratch.visible);
    draw(scratch.visible, cast, inverse, hit);
    draw_fine(scene, scratch.visible, cast, pose, inverse, hit);
    write_rays(cast, inverse, hit, cast.range + row * cast.num_rays, cast.instance + row * cast.num_rays);
  }
}
