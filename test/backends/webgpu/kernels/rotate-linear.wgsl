// voxel = select(inside0, tap0, 0)

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
  coordinate2X: u32,
  coordinate2Y: u32,
  coordinate2Z: u32,
  coordinate2Shift: u32,
  tap0SizeZ: i32,
  coordinate0FromHigh: i32,
  coordinate0FromLow: u32,
  inside0XToHigh: i32,
  inside0XToLow: u32,
  coordinate1FromHigh: i32,
  coordinate1FromLow: u32,
  inside0YToHigh: i32,
  inside0YToLow: u32,
  coordinate2FromHigh: i32,
  coordinate2FromLow: u32,
  inside0ZToHigh: i32,
  inside0ZToLow: u32,
  constant0: f32,
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
fn blend(a: f32, b: f32, t: f32) -> f32 {
  return select(a * (1.0 - t) + b * t, a, t == 0.0);
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

fn clampIndex(i: i32, n: i32) -> i32 {
  return clamp(i, 0, n - 1);
}

fn isLess(a: Fixed, b: Fixed) -> bool {
  return select(a.high < b.high, a.low < b.low, a.high == b.high);
}

fn read0(at: u32) -> f32 {
  return voxels0[at];
}

// linear from voxels0, beyond the edges clamp
fn tap0(x: u32, y: u32, z: u32, channel: u32, coordinate0: Fixed, coordinate1: Fixed, coordinate2: Fixed) -> f32 {
  let start = (channel - numbers.channel) * numbers.voxels0Volume;
  let xSplit = split(coordinate0, numbers.coordinate0Shift);
  let x0 = u32(clampIndex(xSplit.whole, numbers.tap0SizeX)) - numbers.voxels0FirstX;
  let x1 = u32(clampIndex(xSplit.whole + 1, numbers.tap0SizeX)) - numbers.voxels0FirstX;
  let xPart = xSplit.part;
  let ySplit = split(coordinate1, numbers.coordinate1Shift);
  let y0 = (u32(clampIndex(ySplit.whole, numbers.tap0SizeY)) - numbers.voxels0FirstY) * numbers.voxels0Row;
  let y1 = (u32(clampIndex(ySplit.whole + 1, numbers.tap0SizeY)) - numbers.voxels0FirstY) * numbers.voxels0Row;
  let yPart = ySplit.part;
  let zSplit = split(coordinate2, numbers.coordinate2Shift);
  let z0 = (u32(clampIndex(zSplit.whole, numbers.tap0SizeZ)) - numbers.voxels0FirstZ) * numbers.voxels0Plane;
  let z1 = (u32(clampIndex(zSplit.whole + 1, numbers.tap0SizeZ)) - numbers.voxels0FirstZ) * numbers.voxels0Plane;
  let zPart = zSplit.part;
  let row00 = start + y0 + z0;
  let row10 = start + y1 + z0;
  let row01 = start + y0 + z1;
  let row11 = start + y1 + z1;
  let plane0 = blend(blend(read0(row00 + x0), read0(row00 + x1), xPart), blend(read0(row10 + x0), read0(row10 + x1), xPart), yPart);
  let plane1 = blend(blend(read0(row01 + x0), read0(row01 + x1), xPart), blend(read0(row11 + x0), read0(row11 + x1), xPart), yPart);
  return blend(plane0, plane1, zPart);
}

fn inside0(x: u32, y: u32, z: u32, coordinate0: Fixed, coordinate1: Fixed, coordinate2: Fixed) -> bool {
  return !isLess(coordinate0, Fixed(numbers.coordinate0FromHigh, numbers.coordinate0FromLow))
    & isLess(coordinate0, Fixed(numbers.inside0XToHigh, numbers.inside0XToLow))
    & !isLess(coordinate1, Fixed(numbers.coordinate1FromHigh, numbers.coordinate1FromLow))
    & isLess(coordinate1, Fixed(numbers.inside0YToHigh, numbers.inside0YToLow))
    & !isLess(coordinate2, Fixed(numbers.coordinate2FromHigh, numbers.coordinate2FromLow))
    & isLess(coordinate2, Fixed(numbers.inside0ZToHigh, numbers.inside0ZToLow));
}

fn voxel(x: u32, y: u32, z: u32, channel: u32) -> f32 {
  let coordinate0 = coordinate(numbers.coordinate0X, numbers.coordinate0Y, numbers.coordinate0Z, x, y, z);
  let coordinate1 = coordinate(numbers.coordinate1X, numbers.coordinate1Y, numbers.coordinate1Z, x, y, z);
  let coordinate2 = coordinate(numbers.coordinate2X, numbers.coordinate2Y, numbers.coordinate2Z, x, y, z);
  var v0: f32;
  if (inside0(x, y, z, coordinate0, coordinate1, coordinate2)) {
    v0 = tap0(x, y, z, channel, coordinate0, coordinate1, coordinate2);
  } else {
    v0 = numbers.constant0;
  }
  return v0;
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
