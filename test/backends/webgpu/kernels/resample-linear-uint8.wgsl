// voxel = tap0

struct Numbers {
  voxels0FirstX: u32,
  voxels0FirstY: u32,
  voxels0FirstZ: u32,
  voxels0Row: u32,
  voxels0Plane: u32,
  voxels0Volume: u32,
  tap0X: u32,
  tap0Y: u32,
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
@group(0) @binding(2) var<storage, read_write> result: array<u32>;
@group(0) @binding(3) var<storage, read> voxels0: array<f32>;

// A sample of weight 0 does not count, not even as NaN.
fn blend(a: f32, b: f32, t: f32) -> f32 {
  return select(a * (1.0 - t) + b * t, a, t == 0.0);
}

fn isNan(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}

fn halfUp(value: f32) -> f32 {
  let below = floor(value);
  return select(below, below + 1.0, value - below >= 0.5);
}

fn toSmall(value: f32, least: f32, most: f32) -> u32 {
  if (isNan(value)) { return 0u; }
  return bitcast<u32>(i32(clamp(halfUp(value), least, most)));
}

fn read0(at: u32) -> f32 {
  return voxels0[at];
}

// linear from voxels0, beyond the edges clamp
fn tap0(x: u32, y: u32, z: u32, channel: u32) -> f32 {
  let start = (channel - numbers.channel) * numbers.voxels0Volume;
  let xEntry = numbers.tap0X + 3u * x;
  let x0 = tables[xEntry] - numbers.voxels0FirstX;
  let x1 = tables[xEntry + 1u] - numbers.voxels0FirstX;
  let xPart = bitcast<f32>(tables[xEntry + 2u]);
  let yEntry = numbers.tap0Y + 3u * y;
  let y0 = (tables[yEntry] - numbers.voxels0FirstY) * numbers.voxels0Row;
  let y1 = (tables[yEntry + 1u] - numbers.voxels0FirstY) * numbers.voxels0Row;
  let yPart = bitcast<f32>(tables[yEntry + 2u]);
  let zEntry = numbers.tap0Z + 3u * z;
  let z0 = (tables[zEntry] - numbers.voxels0FirstZ) * numbers.voxels0Plane;
  let z1 = (tables[zEntry + 1u] - numbers.voxels0FirstZ) * numbers.voxels0Plane;
  let zPart = bitcast<f32>(tables[zEntry + 2u]);
  let row00 = start + y0 + z0;
  let row10 = start + y1 + z0;
  let row01 = start + y0 + z1;
  let row11 = start + y1 + z1;
  let plane0 = blend(blend(read0(row00 + x0), read0(row00 + x1), xPart), blend(read0(row10 + x0), read0(row10 + x1), xPart), yPart);
  let plane1 = blend(blend(read0(row01 + x0), read0(row01 + x1), xPart), blend(read0(row11 + x0), read0(row11 + x1), xPart), yPart);
  return blend(plane0, plane1, zPart);
}

fn voxel(x: u32, y: u32, z: u32, channel: u32) -> f32 {
  return tap0(x, y, z, channel);
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
  var word = 0u;
  for (var i = 0u; i < 4u; i++) {
    let item = toSmall(voxel(numbers.column + 4u * column + i, y, z, channel), 0.0, 255.0);
    word |= (item & 0xffu) << (8u * i);
  }
  result[at] = word;
}
