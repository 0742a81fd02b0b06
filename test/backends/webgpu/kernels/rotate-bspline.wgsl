// B-spline coefficients along x

struct Numbers {
  firstInRow: u32,
  firstRow: u32,
  firstLayer: u32,
  rows: u32,
  layers: u32,
  width: u32,
  length: i32,
  step: u32,
  rowStep: u32,
  layerStep: u32,
  inRowStep: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> tables: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<storage, read> voxels0: array<f32>;

fn reflectIndex(i: i32, n: i32) -> i32 {
  var inside = i;
  if (u32(i) >= u32(n)) {
    let m = ((i % (2 * n)) + 2 * n) % (2 * n);
    inside = select(2 * n - 1 - m, m, m < n);
  }
  return inside;
}

fn read0(at: u32) -> f32 {
  return voxels0[at];
}

// Sample i of the line that begins at `start`, for any whole i.
fn sample(start: u32, i: i32) -> f32 {
  return read0(start + u32(reflectIndex(i, numbers.length)) * numbers.step);
}

const pole = -0.2679491924311227; // the square root of 3, less 2
const gain = -6.0 * pole / (1.0 - pole * pole);
const horizon = 24; // |pole|^24 is beyond float32

@compute @workgroup_size(32, 4, 2)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= numbers.width || id.y >= numbers.rows || id.z >= numbers.layers) { return; }
  let row = numbers.firstRow + id.y;
  let layer = numbers.firstLayer + id.z;
  let start = (numbers.firstInRow + id.x) * numbers.inRowStep + row * numbers.rowStep + layer * numbers.layerStep;
  let last = numbers.length - 1;
  // Before the first sample and after the last the responses go on by the boundary.
  var forth = 0.0;
  var back = sample(start, last);
  var power = 1.0;
  for (var m = 0; m <= horizon; m++) {
    forth += power * sample(start, -m);
    if (m > 0) { back += power * (sample(start, last - m) + sample(start, last + m)); }
    power *= pole;
  }
  result[start] = forth;
  for (var i = 1; i < numbers.length; i++) {
    let at = start + u32(i) * numbers.step;
    forth = read0(at) + pole * forth;
    result[at] = forth;
  }
  back *= gain;
  result[start + u32(last) * numbers.step] = back;
  for (var i = last - 1; i >= 0; i--) {
    let at = start + u32(i) * numbers.step;
    back = pole * (back - 6.0 * result[at]);
    result[at] = back;
  }
}

// B-spline coefficients along y

struct Numbers {
  firstInRow: u32,
  firstRow: u32,
  firstLayer: u32,
  rows: u32,
  layers: u32,
  width: u32,
  length: i32,
  step: u32,
  rowStep: u32,
  layerStep: u32,
  inRowStep: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> tables: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<storage, read> voxels0: array<f32>;

fn reflectIndex(i: i32, n: i32) -> i32 {
  var inside = i;
  if (u32(i) >= u32(n)) {
    let m = ((i % (2 * n)) + 2 * n) % (2 * n);
    inside = select(2 * n - 1 - m, m, m < n);
  }
  return inside;
}

fn read0(at: u32) -> f32 {
  return voxels0[at];
}

// Sample i of the line that begins at `start`, for any whole i.
fn sample(start: u32, i: i32) -> f32 {
  return read0(start + u32(reflectIndex(i, numbers.length)) * numbers.step);
}

const pole = -0.2679491924311227; // the square root of 3, less 2
const gain = -6.0 * pole / (1.0 - pole * pole);
const horizon = 24; // |pole|^24 is beyond float32

@compute @workgroup_size(32, 4, 2)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= numbers.width || id.y >= numbers.rows || id.z >= numbers.layers) { return; }
  let row = numbers.firstRow + id.y;
  let layer = numbers.firstLayer + id.z;
  let start = (numbers.firstInRow + id.x) * numbers.inRowStep + row * numbers.rowStep + layer * numbers.layerStep;
  let last = numbers.length - 1;
  // Before the first sample and after the last the responses go on by the boundary.
  var forth = 0.0;
  var back = sample(start, last);
  var power = 1.0;
  for (var m = 0; m <= horizon; m++) {
    forth += power * sample(start, -m);
    if (m > 0) { back += power * (sample(start, last - m) + sample(start, last + m)); }
    power *= pole;
  }
  result[start] = forth;
  for (var i = 1; i < numbers.length; i++) {
    let at = start + u32(i) * numbers.step;
    forth = read0(at) + pole * forth;
    result[at] = forth;
  }
  back *= gain;
  result[start + u32(last) * numbers.step] = back;
  for (var i = last - 1; i >= 0; i--) {
    let at = start + u32(i) * numbers.step;
    back = pole * (back - 6.0 * result[at]);
    result[at] = back;
  }
}

// voxel = tap0

struct Numbers {
  voxels0FirstX: u32,
  voxels0FirstY: u32,
  voxels0FirstZ: u32,
  voxels0Row: u32,
  voxels0Plane: u32,
  voxels0Volume: u32,
  coordinate0X: u32,
  coordinate0Y: u32,
  coordinate0Z: u32,
  coordinate0Shift: u32,
  tap0SizeX: i32,
  coordinate1X: u32,
  coordinate1Y: u32,
  coordinate1Z: u32,
  coordinate1Shift: u32,
  tap0SizeY: i32,
  tap0Z: u32,
  firstInRow: u32,
  firstRow: u32,
  firstLayer: u32,
  rows: u32,
  layers: u32,
  width: u32,
  boxWidth: u32,
  rowItems: u32,
  boxRows: u32,
  boxPlanes: u32,
  boxElements: u32,
  column: u32,
  row: u32,
  plane: u32,
  channel: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> tables: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<storage, read> voxels0: array<f32>;

// A sample of weight 0 does not count, not even as NaN.
fn weigh(samples: vec4f, weights: vec4f) -> f32 {
  let parts = select(samples * weights, vec4f(0.0), weights == vec4f(0.0));
  return parts.x + parts.y + parts.z + parts.w;
}

// A coordinate in voxels, in units of 2^-(32 + shift): exact where float32 would be a thousandth off.
struct Fixed {
  high: i32,
  low: u32,
}

fn add(a: Fixed, b: Fixed) -> Fixed {
  let low = a.low + b.low;
  return Fixed(a.high + b.high + i32(low < a.low), low);
}

fn entry(at: u32) -> Fixed {
  return Fixed(bitcast<i32>(tables[at]), tables[at + 1u]);
}
// What x, y and z each add to a coordinate, summed.
fn coordinate(xs: u32, ys: u32, zs: u32, x: u32, y: u32, z: u32) -> Fixed {
  return add(add(entry(xs + 2u * x), entry(ys + 2u * y)), entry(zs + 2u * z));
}

// A coordinate as the whole number below it and the rest, a multiple of 2^-24.
struct Split {
  whole: i32,
  part: f32,
}
fn split(c: Fixed, shift: u32) -> Split {
  let rounded = add(c, Fixed(0, 128u << shift));
  let part = ((u32(rounded.high) << (32u - shift)) | (rounded.low >> shift)) >> 8u;
  return Split(rounded.high >> shift, f32(part) * 0x1p-24);
}

fn reflectIndex(i: i32, n: i32) -> i32 {
  var inside = i;
  if (u32(i) >= u32(n)) {
    let m = ((i % (2 * n)) + 2 * n) % (2 * n);
    inside = select(2 * n - 1 - m, m, m < n);
  }
  return inside;
}

fn splineWeights(t: f32) -> vec4f {
  let u = 1.0 - t;
  return vec4f(
    u * u * u / 6.0,
    2.0 / 3.0 - t * t * (1.0 - t / 2.0),
    2.0 / 3.0 - u * u * (1.0 - u / 2.0),
    t * t * t / 6.0,
  );
}

fn read0(at: u32) -> f32 {
  return voxels0[at];
}

// bspline from voxels0, beyond the edges reflect
fn tap0(x: u32, y: u32, z: u32, channel: u32, coordinate0: Fixed, coordinate1: Fixed) -> f32 {
  let start = (channel - numbers.channel) * numbers.voxels0Volume;
  let xSplit = split(coordinate0, numbers.coordinate0Shift);
  let x0 = u32(reflectIndex(xSplit.whole - 1, numbers.tap0SizeX)) - numbers.voxels0FirstX;
  let x1 = u32(reflectIndex(xSplit.whole, numbers.tap0SizeX)) - numbers.voxels0FirstX;
  let x2 = u32(reflectIndex(xSplit.whole + 1, numbers.tap0SizeX)) - numbers.voxels0FirstX;
  let x3 = u32(reflectIndex(xSplit.whole + 2, numbers.tap0SizeX)) - numbers.voxels0FirstX;
  let xWeights = splineWeights(xSplit.part);
  let ySplit = split(coordinate1, numbers.coordinate1Shift);
  let y0 = (u32(reflectIndex(ySplit.whole - 1, numbers.tap0SizeY)) - numbers.voxels0FirstY) * numbers.voxels0Row;
  let y1 = (u32(reflectIndex(ySplit.whole, numbers.tap0SizeY)) - numbers.voxels0FirstY) * numbers.voxels0Row;
  let y2 = (u32(reflectIndex(ySplit.whole + 1, numbers.tap0SizeY)) - numbers.voxels0FirstY) * numbers.voxels0Row;
  let y3 = (u32(reflectIndex(ySplit.whole + 2, numbers.tap0SizeY)) - numbers.voxels0FirstY) * numbers.voxels0Row;
  let yWeights = splineWeights(ySplit.part);
  let zEntry = numbers.tap0Z + 8u * z;
  let z0 = (tables[zEntry + 0u] - numbers.voxels0FirstZ) * numbers.voxels0Plane;
  let z1 = (tables[zEntry + 1u] - numbers.voxels0FirstZ) * numbers.voxels0Plane;
  let z2 = (tables[zEntry + 2u] - numbers.voxels0FirstZ) * numbers.voxels0Plane;
  let z3 = (tables[zEntry + 3u] - numbers.voxels0FirstZ) * numbers.voxels0Plane;
  let zWeights = bitcast<vec4f>(vec4u(tables[zEntry + 4u], tables[zEntry + 5u], tables[zEntry + 6u], tables[zEntry + 7u]));
  let row00 = start + y0 + z0;
  let row10 = start + y1 + z0;
  let row20 = start + y2 + z0;
  let row30 = start + y3 + z0;
  let plane0 = weigh(vec4f(weigh(vec4f(read0(row00 + x0), read0(row00 + x1), read0(row00 + x2), read0(row00 + x3)), xWeights), weigh(vec4f(read0(row10 + x0), read0(row10 + x1), read0(row10 + x2), read0(row10 + x3)), xWeights), weigh(vec4f(read0(row20 + x0), read0(row20 + x1), read0(row20 + x2), read0(row20 + x3)), xWeights), weigh(vec4f(read0(row30 + x0), read0(row30 + x1), read0(row30 + x2), read0(row30 + x3)), xWeights)), yWeights);
  let row01 = start + y0 + z1;
  let row11 = start + y1 + z1;
  let row21 = start + y2 + z1;
  let row31 = start + y3 + z1;
  let plane1 = weigh(vec4f(weigh(vec4f(read0(row01 + x0), read0(row01 + x1), read0(row01 + x2), read0(row01 + x3)), xWeights), weigh(vec4f(read0(row11 + x0), read0(row11 + x1), read0(row11 + x2), read0(row11 + x3)), xWeights), weigh(vec4f(read0(row21 + x0), read0(row21 + x1), read0(row21 + x2), read0(row21 + x3)), xWeights), weigh(vec4f(read0(row31 + x0), read0(row31 + x1), read0(row31 + x2), read0(row31 + x3)), xWeights)), yWeights);
  let row02 = start + y0 + z2;
  let row12 = start + y1 + z2;
  let row22 = start + y2 + z2;
  let row32 = start + y3 + z2;
  let plane2 = weigh(vec4f(weigh(vec4f(read0(row02 + x0), read0(row02 + x1), read0(row02 + x2), read0(row02 + x3)), xWeights), weigh(vec4f(read0(row12 + x0), read0(row12 + x1), read0(row12 + x2), read0(row12 + x3)), xWeights), weigh(vec4f(read0(row22 + x0), read0(row22 + x1), read0(row22 + x2), read0(row22 + x3)), xWeights), weigh(vec4f(read0(row32 + x0), read0(row32 + x1), read0(row32 + x2), read0(row32 + x3)), xWeights)), yWeights);
  let row03 = start + y0 + z3;
  let row13 = start + y1 + z3;
  let row23 = start + y2 + z3;
  let row33 = start + y3 + z3;
  let plane3 = weigh(vec4f(weigh(vec4f(read0(row03 + x0), read0(row03 + x1), read0(row03 + x2), read0(row03 + x3)), xWeights), weigh(vec4f(read0(row13 + x0), read0(row13 + x1), read0(row13 + x2), read0(row13 + x3)), xWeights), weigh(vec4f(read0(row23 + x0), read0(row23 + x1), read0(row23 + x2), read0(row23 + x3)), xWeights), weigh(vec4f(read0(row33 + x0), read0(row33 + x1), read0(row33 + x2), read0(row33 + x3)), xWeights)), yWeights);
  return weigh(vec4f(plane0, plane1, plane2, plane3), zWeights);
}

fn voxel(x: u32, y: u32, z: u32, channel: u32) -> f32 {
  let coordinate0 = coordinate(numbers.coordinate0X, numbers.coordinate0Y, numbers.coordinate0Z, x, y, z);
  let coordinate1 = coordinate(numbers.coordinate1X, numbers.coordinate1Y, numbers.coordinate1Z, x, y, z);
  return tap0(x, y, z, channel, coordinate0, coordinate1);
}

@compute @workgroup_size(32, 4, 2)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= numbers.width || id.y >= numbers.rows || id.z >= numbers.layers) { return; }
  let column = numbers.firstInRow + id.x;
  let row = numbers.firstRow + id.y;
  let layer = numbers.firstLayer + id.z;
  let y = numbers.row + row;
  let volume = layer / numbers.boxPlanes;
  let z = numbers.plane + layer - volume * numbers.boxPlanes;
  let channel = numbers.channel + volume;
  let at = (layer * numbers.boxRows + row) * numbers.rowItems + column;
  result[at] = voxel(numbers.column + column, y, z, channel);
}
