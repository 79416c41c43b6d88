/**
 * What the shader of the city says, for tilesets by the columns that they carry: Cesium does not run a shader that asks
 * for a column which a tile lacks.
 *
 * All that is the same on the whole of a building or linear along its walls is worked out at the corners: a column is
 * read from a texture, and pixels are many.
 */

/** Columns that the shader makes use of. */
const USED = ["number", "height", "storeys", "base", "above"];

/** What layers carry that do not say so: those built before `base` came. */
const BEFORE = ["height"];

/**
 * Columns of a tileset that the shader can read, known before any of its tiles has come.
 * @param {import("cesium").Cesium3DTileset} tileset one of somebody else's has none that we know of
 * @returns {string[]}
 */
export function columnsOf(tileset) {
  const { layer, columns = BEFORE } = tileset.extras ?? {};
  return layer ? USED.filter((name) => name === "number" || columns.includes(name)) : [];
}

/** Texels in a row of the textures that hold something for each number; a power of two that every device takes. */
export const STATE_WIDTH = 2048;

/** What is hidden or cut away. Any `discard` keeps the device from telling early what is covered: only for those who ask. */
const LEFT_OUT = `
  uint spot = number - uint(u_maskFirst);
  bool hidden = u_maskElse > 0;
  if (spot < uint(u_maskCount)) {
    hidden = texelFetch(u_mask, ivec2(int(spot) & (STATE_WIDTH - 1), int(spot) / STATE_WIDTH), 0).r > 0.5;
  }
  bool cut = u_cutNumber < 0 || number == uint(u_cutNumber);
  if (hidden || (cut && (v_high < u_cutFoot || v_high > u_cutTop))) discard;`;

/** Faint lines between the storeys of a building, as wide as a slab, where they are wide enough to be seen. */
const STOREY_LINES = `
  float blur = fwidth(v_foot);
  float above = v_foot - v_storey * floor(v_foot / v_storey + 0.5); // the nearest slab
  float line = 1.0 - smoothstep(0.15, 0.15 + 1.5 * blur, abs(above));
  line *= step(0.5 * v_storey, v_foot) * step(v_foot, v_ruled); // neither at the foot nor at the eaves
  wall *= 1.0 - 0.1 * line * plain * (1.0 - smoothstep(0.25, 0.6, blur / v_storey));`;

/**
 * Varyings of a form, all of them numbers.
 *
 * v_foot    metres above the ground that the building stands on; where that is not known, above the city's
 * v_tone    0 to 1: the taller a building, the lighter
 * v_storey  metres from one storey to the next
 * v_ruled   metres above the same ground up to which there are lines; negative where no storeys are known
 * v_high    metres above the city's ground
 * @param {boolean} partly @param {string[]} columns
 */
export function varyingsOf(partly, columns) {
  const tone = columns.includes("height") ? ["v_tone"] : [];
  return ["v_foot", ...tone, ...(hasStoreys(columns) ? ["v_storey", "v_ruled"] : []), ...(partly ? ["v_high"] : [])];
}

/** @param {string[]} columns */
const hasStoreys = (columns) => ["height", "storeys", "base", "above"].every((name) => columns.includes(name));

/** @param {boolean} partly whether parts are left out @param {string[]} columns that its tiles have */
export function vertexText(partly, columns) {
  const [hasHeight, hasBase, hasAbove] = ["height", "base", "above"].map((name) => columns.includes(name));
  return `
void vertexMain(VertexInput vsInput, inout czm_modelVertexOutput vsOutput) {
  vec3 away = (czm_modelView * vec4(vsInput.attributes.positionMC, 1.0)).xyz - u_groundEC;
  float high = dot(away, u_upEC) + dot(away, away) / 12756000.0; // the Earth falls off
  float above = ${hasAbove ? "vsInput.metadata.above" : "0.0"};
  float top = above + ${hasHeight ? "vsInput.metadata.height" : "0.0"};
  v_foot = high${hasBase ? " + u_ground - vsInput.metadata.base + above" : ""};
${hasHeight ? "  v_tone = pow(clamp(top / u_tallest, 0.0, 1.0), 0.6);" : ""}
${hasStoreys(columns) ? `
  float storeys = float(vsInput.metadata.storeys); // counted from the ground, also where a part begins above it
  bool known = storeys > 0.0 && vsInput.metadata.height > 0.0;
  v_storey = known ? top / storeys : 1.0;
  v_ruled = known ? top - 0.5 * v_storey : -1.0;` : ""}
${partly ? "  v_high = high;" : ""}
}`;
}

/**
 * What is of no height is the ground; what does not say that it is ours keeps the colour of its tiles.
 * @param {string[]} columns
 */
function albedoOf(columns) {
  if (columns.includes("height")) return "mix(u_low, u_high, v_tone)";
  return columns.includes("number") ? "u_surface" : "material.diffuse";
}

/**
 * Feet of walls are darker (they see less sky), storeys are drawn where they are known, roofs are plain, distance fades
 * into the sky. What has an image shows it, with a little of this and no lines: photographs have a light of their own.
 * @param {boolean} partly whether parts are left out
 * @param {string[]} columns that its tiles have
 */
export function fragmentText(partly, columns) {
  return `
#define STATE_WIDTH ${STATE_WIDTH}
void fragmentMain(FragmentInput fsInput, inout czm_modelMaterial material) {
  vec3 normal = normalize(fsInput.attributes.normalEC);
  uint number = ${columns.includes("number") ? "uint(fsInput.metadata.number)" : "0u"};
${partly ? LEFT_OUT : ""}
  vec3 albedo = ${albedoOf(columns)};
  float lightness = 1.0;
  float plain = 1.0;
#ifdef HAS_BASE_COLOR_TEXTURE
  if (all(greaterThan(fsInput.attributes.color_0.rgb, vec3(0.995)))) { // white is what lies under an image
    albedo = material.diffuse;
    lightness = u_photo;
    plain = 0.0;
  }
#endif
  uint place = number - uint(u_stateFirst);
  if (place < uint(u_stateCount)) {
    vec4 shade = texelFetch(u_state, ivec2(int(place) & (STATE_WIDTH - 1), int(place) / STATE_WIDTH), 0);
    albedo = mix(albedo, pow(shade.rgb, vec3(2.2)), shade.a);
  }
  bool chosen = number == uint(u_selected);
  if (chosen) albedo = u_accent;

  float roof = smoothstep(0.5, 0.8, dot(normal, u_upEC));
  float sun = 0.5 + 0.5 * dot(normal, u_sunEC);
  float wall = mix(u_shadow, 1.0, sun) * mix(0.72, 1.0, smoothstep(0.0, 9.0, v_foot));
  wall *= mix(0.88, 1.0, smoothstep(0.0, 60.0, v_foot));
${hasStoreys(columns) ? STOREY_LINES : ""}

  float slope = mix(0.76, 1.0, smoothstep(0.25, 0.67, sun)); // pitched roofs turn from the light; a flat one has it all
  vec3 lit = albedo * mix(1.0, mix(wall, u_roof * slope, roof), lightness);
  if (!gl_FrontFacing) lit = u_inside; // what is cut open is seen from within: one tone, as in a drawn section
  float far = 1.0 - exp(-length(fsInput.attributes.positionEC) / u_fade);
  material.diffuse = mix(lit, u_sky, chosen ? 0.0 : far * far * 0.85);
}`;
}
