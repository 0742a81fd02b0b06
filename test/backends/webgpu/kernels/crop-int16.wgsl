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
@group(0) @binding(3) var<storage, read> voxels0: array<u32>;

fn read0(at: u32) -> u32 {
  return extractBits(voxels0[at >> 1u], (at & 1u) * 16u, 16u);
}

// copied from voxels0, beyond the edges clamp
fn tap0(x: u32, y: u32, z: u32, channel: u32) -> u32 {
  let start = (channel - numbers.channel) * numbers.voxels0Volume;
  let x0 = tables[numbers.tap0X + 1u * x] - numbers.voxels0FirstX;
  let y0 = (tables[numbers.tap0Y + 1u * y] - numbers.voxels0FirstY) * numbers.voxels0Row;
  let z0 = (tables[numbers.tap0Z + 1u * z] - numbers.voxels0FirstZ) * numbers.voxels0Plane;
  return read0(start + x0 + y0 + z0);
}

fn voxel(x: u32, y: u32, z: u32, channel: u32) -> u32 {
  return tap0(x, y, z, channel);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= numbers.width) { return; }
  let at = numbers.firstInRow + id.x;
  var word = 0u;
  for (var i = 0u; i < 2u; i++) {
    let element = 2u * at + i;
    if (element >= numbers.boxElements) { break; }
    let row = element / numbers.boxWidth;
    let layer = row / numbers.boxRows;
    let y = numbers.row + row % numbers.boxRows;
    let z = numbers.plane + layer % numbers.boxPlanes;
    let channel = numbers.channel + layer / numbers.boxPlanes;
    let item = voxel(numbers.column + element % numbers.boxWidth, y, z, channel);
    word |= (item & 0xffffu) << (16u * i);
  }
  result[at] = word;
}
