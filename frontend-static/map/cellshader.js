/** How cells are drawn: a texel for each says its colour and how high it stands; no vertex knows either. */

import { colour, token } from "./palette.js";
import { Cesium } from "./viewer.js";

/** @typedef {import("../core/cells.js").Lattice} Lattice */

/** Which cell a place of the lattice is in; `near` is 0 in its middle and 1 on its edge. */
const CELL_AT = {
  hexagon: `
ivec2 cellAt(vec2 place, out float near) {
  vec3 cube = vec3(place.x, -place.y, place.y - place.x);
  vec3 whole = floor(cube + 0.5);
  vec3 off = abs(whole - cube);
  if (off.x > off.y && off.x > off.z) whole.x = -whole.y - whole.z;
  else if (off.y > off.z) whole.y = -whole.x - whole.z;
  vec3 rest = cube - whole;
  near = max(max(abs(rest.x - rest.y), abs(rest.y - rest.z)), abs(rest.z - rest.x));
  return ivec2(int(whole.x), int(-whole.y));
}`,
  square: `
ivec2 cellAt(vec2 place, out float near) {
  vec2 rest = abs(fract(place) - 0.5) * 2.0;
  near = max(rest.x, rest.y);
  return ivec2(floor(place));
}`,
};

const SHOWN = `
vec4 texelAt(ivec2 cell) {
  if (cell.x < 0 || cell.y < 0 || cell.x >= u_columns || cell.y >= u_rows) return vec4(0.0);
  return texelFetch(u_cells, cell, 0);
}
// Near enough to sRGB as linear light, and far cheaper than a power for each pixel.
vec3 linearOf(vec3 shade) {
  return shade * shade * (0.78 + 0.22 * shade);
}
vec3 faded(vec3 lit, vec3 positionEC) {
  float far = 1.0 - exp(-length(positionEC) / u_fade);
  return mix(lit, u_sky, far * far * 0.85);
}`;

/** @param {"hexagon" | "square"} shape */
const surface = (shape) => `${CELL_AT[shape]}${SHOWN}
void fragmentMain(FragmentInput fsInput, inout czm_modelMaterial material) {
  vec2 place = fsInput.attributes.texCoord_0;
  float near;
  ivec2 cell = cellAt(place, near);
  vec4 texel = texelAt(cell);
  bool chosen = cell == ivec2(u_chosenColumn, u_chosenRow);
  if (texel.a == 0.0 && !chosen) discard;
  vec2 grain = fwidth(place);
  float thin = 1.2 * max(grain.x, grain.y);
  float rim = smoothstep(1.0 - 0.06 - thin, 1.0 - 0.06, near) * (1.0 - smoothstep(0.12, 0.32, thin));
  vec3 shade = linearOf(texel.rgb);
  if (chosen) shade = mix(shade, u_accent, texel.a == 0.0 ? 1.0 : max(rim, 0.35));
  material.diffuse = faded(shade, fsInput.attributes.positionEC);
  material.alpha = chosen ? 0.95 : u_alpha * (1.0 - 0.65 * rim);
}`;

const COLUMN_VERTEX = `
void vertexMain(VertexInput vsInput, inout czm_modelVertexOutput vsOutput) {
  vec2 place = vsInput.attributes.texCoord_0;
  ivec2 cell = ivec2(floor(place));
  float share = texelFetch(u_cells, cell, 0).a;
  float top = fract(place.x) * 2.0;
  v_top = top;
  // A cell of which nothing is known is a point: it has no triangle that is drawn.
  if (share == 0.0) vsOutput.positionMC = vec3(0.0);
  else vsOutput.positionMC.z += u_lift + top * (2.0 + u_rise * max(share * 255.0 - 1.0, 0.0) / 254.0);
}`;

const COLUMN_FRAGMENT = `${SHOWN}
void fragmentMain(FragmentInput fsInput, inout czm_modelMaterial material) {
  vec2 place = fsInput.attributes.texCoord_0;
  ivec2 cell = ivec2(floor(place + vec2(0.0, 0.5)));
  vec4 texel = texelAt(cell);
  vec3 shade = linearOf(texel.rgb);
  if (cell == ivec2(u_chosenColumn, u_chosenRow)) shade = u_accent;
  vec3 side = normalize(cross(dFdx(fsInput.attributes.positionEC), dFdy(fsInput.attributes.positionEC)));
  float wall = mix(0.3, 0.75, v_top) * (0.8 + 0.2 * side.x);
  bool roof = v_top > 0.9999;
  material.diffuse = faded(shade * (roof ? 1.0 : wall), fsInput.attributes.positionEC);
  material.alpha = 1.0;
}`;

/**
 * @param {Lattice} cells
 * @param {{lift: number, rise: number, alpha: number}} look metres above the ground, and of the highest column
 * @returns {import("cesium").CustomShader}
 */
export function cellShader(cells, { lift, rise, alpha }) {
  const { FLOAT, INT, VEC3, SAMPLER_2D } = Cesium.UniformType;
  const uniforms = {
    u_cells: { type: SAMPLER_2D, value: cellTexture(cells, new Uint8Array(4 * cells.columns * cells.rows)) },
    u_columns: { type: INT, value: cells.columns },
    u_rows: { type: INT, value: cells.rows },
    u_chosenColumn: { type: INT, value: -1 },
    u_chosenRow: { type: INT, value: -1 },
    u_sky: { type: VEC3, value: linear("--map-sky") },
    u_accent: { type: VEC3, value: linear("--accent") },
    u_fade: { type: FLOAT, value: Number(token("--map-fade")) || 7000 },
    u_alpha: { type: FLOAT, value: alpha },
    u_lift: { type: FLOAT, value: lift },
    u_rise: { type: FLOAT, value: rise },
  };
  const { UNLIT } = Cesium.LightingModel;
  if (!rise) {
    const translucencyMode = Cesium.CustomShaderTranslucencyMode.TRANSLUCENT;
    return new Cesium.CustomShader({ lightingModel: UNLIT, translucencyMode, uniforms, fragmentShaderText: surface(cells.shape) });
  }
  return new Cesium.CustomShader({
    lightingModel: UNLIT, translucencyMode: Cesium.CustomShaderTranslucencyMode.OPAQUE, uniforms,
    varyings: { v_top: Cesium.VaryingType.FLOAT }, vertexShaderText: COLUMN_VERTEX, fragmentShaderText: COLUMN_FRAGMENT,
  });
}

/**
 * @param {Lattice} cells
 * @param {Uint8Array} texels red, green, blue, and how high from 1 to 255; 0: nothing is known
 */
export function cellTexture(cells, texels) {
  return new Cesium.TextureUniform({
    typedArray: texels, width: cells.columns, height: cells.rows, repeat: false,
    minificationFilter: Cesium.TextureMinificationFilter.NEAREST,
    magnificationFilter: Cesium.TextureMagnificationFilter.NEAREST,
  });
}

/** A token as the shader reckons: linear light. @param {string} name */
function linear(name) {
  const { red, green, blue } = colour(name);
  return new Cesium.Cartesian3(...[red, green, blue].map((part) => part ** 2.2));
}
