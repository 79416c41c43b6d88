// Reads a tileset with @loaders.gl/3d-tiles: every document and content comes through its loader. {url, session, rays}
// on standard input; {tiles, features, picked} on standard output.
import { readFileSync } from "node:fs";
import { load } from "@loaders.gl/core";
import { Tiles3DLoader } from "@loaders.gl/3d-tiles";

const { url, session, rays } = JSON.parse(readFileSync(0, "utf8"));
const fetched = { fetch: { headers: { Authorization: `Bearer ${session}` } }, worker: false };
const features = [];
const triangles = []; // {id, corners} in the Earth's frame
let tiles = 0;

/** Column-major 4 x 4 matrices. */
const times = (a, b) => Array.from({ length: 16 }, (_, i) =>
  [0, 1, 2, 3].reduce((sum, k) => sum + a[(i % 4) + 4 * k] * b[k + 4 * Math.floor(i / 4)], 0));
const moved = (m, [x, y, z]) => [0, 1, 2].map((r) => m[r] * x + m[r + 4] * y + m[r + 8] * z + m[r + 12]);
const UNMOVED = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const Z_UP = [1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1];

/** A tile and all below it when everything is refined. */
async function walk(tile, above) {
  const matrix = tile.transform ? times(above, tile.transform) : above;
  const children = tile.children ?? [];
  const replaced = String(tile.refine).toUpperCase() === "REPLACE" || tile.refine === 2;
  if (tile.contentUrl && !(replaced && children.length)) await draw(tile, matrix);
  for (const child of children) await walk(child, matrix);
}

async function draw(tile, matrix) {
  if (tile.contentUrl.endsWith(".json")) {
    const below = await load(tile.contentUrl, Tiles3DLoader, { ...fetched, "3d-tiles": { isTileset: true } });
    await walk(below.root, matrix);
    return;
  }
  const options = { ...fetched, "3d-tiles": { isTileset: false, loadGLTF: true }, gltf: { loadBuffers: true } };
  const content = await load(tile.contentUrl, Tiles3DLoader, options);
  tiles += 1;
  const { gltf } = content;
  const metadata = gltf.extensions.EXT_structural_metadata;
  const [table] = metadata.propertyTables;
  const declared = Object.entries(metadata.schema.classes[table.class].properties);
  const first = features.length;
  for (let row = 0; row < table.count; row++) {
    // A column of nothing but its default is not stored; this reader leaves defaults to whoever reads.
    const value = ([name, about]) => [name, table.properties[name]?.data[row] ?? about.default];
    features.push(Object.fromEntries(declared.map(value)));
  }
  const node = gltf.scenes[0].nodes[0];
  const placed = times(matrix, times(Z_UP, node.matrix ?? place(node)));
  for (const { attributes, indices } of node.mesh.primitives) {
    const corners = attributes.POSITION.value;
    const ids = attributes._FEATURE_ID_0.value;
    const each = ids.length / (corners.length / 3);
    for (let i = 0; i < indices.value.length; i += 3) {
      const at = [0, 1, 2].map((k) => indices.value[i + k]);
      const points = at.map((v) => moved(placed, [corners[3 * v], corners[3 * v + 1], corners[3 * v + 2]]));
      triangles.push({ id: features[first + ids[at[0] * each]].id, points });
    }
  }
}

const place = ({ scale: [x, y, z] = [1, 1, 1], translation: [a, b, c] = [0, 0, 0] }) =>
  [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, a, b, c, 1];

const minus = (a, b) => a.map((value, i) => value - b[i]);
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Where a ray meets a triangle (Möller and Trumbore), in lengths of its direction. */
function meets(origin, direction, [a, b, c]) {
  const [e, f] = [minus(b, a), minus(c, a)];
  const p = cross(direction, f);
  const det = dot(e, p);
  if (Math.abs(det) < 1e-12) return Infinity;
  const t = minus(origin, a);
  const u = dot(t, p) / det;
  const q = cross(t, e);
  const v = dot(direction, q) / det;
  return u < 0 || v < 0 || u + v > 1 ? Infinity : dot(f, q) / det;
}

function pick([origin, direction]) {
  let nearest = Infinity, id = null;
  for (const triangle of triangles) {
    const far = meets(origin, direction, triangle.points);
    if (far > 0 && far < nearest) [nearest, id] = [far, triangle.id];
  }
  return id;
}

const tileset = await load(url, Tiles3DLoader, { ...fetched, "3d-tiles": { isTileset: true } });
await walk(tileset.root, UNMOVED);
console.log(JSON.stringify({ tiles, features, picked: rays.map(pick) }));
