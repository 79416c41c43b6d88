/** A line as wide as it is in the city: a strip of triangles along it, mitred at its corners. */

const METRES_PER_DEGREE = 111_320;
/** How far a mitre may reach, in half widths: beyond that a sharp corner would become a spike. */
const MITRE_LIMIT = 2;

/**
 * The corners of the strip, left and right of each point in turn, and its triangles.
 * @param {number[][]} lonlats
 * @param {number} width metres
 * @returns {{lonlats: number[][], triangles: Uint32Array} | null} null where the line has no length
 */
export function ribbon(lonlats, width) {
  const stretch = Math.cos((lonlats[0][1] * Math.PI) / 180);
  const line = lonlats.filter(([lon, lat], i) => i === 0 || lon !== lonlats[i - 1][0] || lat !== lonlats[i - 1][1]);
  if (line.length < 2) return null;
  const metres = line.map(([lon, lat]) => [lon * METRES_PER_DEGREE * stretch, lat * METRES_PER_DEGREE]);
  const corners = metres.flatMap((_, i) => {
    const [x, y] = offset(metres, i, width / 2);
    const [dLon, dLat] = [x / (METRES_PER_DEGREE * stretch), y / METRES_PER_DEGREE];
    return [[line[i][0] + dLon, line[i][1] + dLat], [line[i][0] - dLon, line[i][1] - dLat]];
  });
  const triangles = metres.slice(1).flatMap((_, i) => [2 * i, 2 * i + 1, 2 * i + 2, 2 * i + 2, 2 * i + 1, 2 * i + 3]);
  return { lonlats: corners, triangles: new Uint32Array(triangles) };
}

/**
 * From a point of the line to its left rim.
 * @param {number[][]} points metres
 * @param {number} i
 * @param {number} half metres
 * @returns {[number, number]}
 */
function offset(points, i, half) {
  const before = i > 0 ? normal(points[i - 1], points[i]) : null;
  const after = i < points.length - 1 ? normal(points[i], points[i + 1]) : null;
  const [ax, ay] = before ?? /** @type {[number, number]} */ (after);
  const [bx, by] = after ?? [ax, ay];
  const [mx, my] = [ax + bx, ay + by];
  const long = mx * ax + my * ay; // 1 + the cosine of the turn
  const reach = long > 1e-9 ? Math.min(1 / long, MITRE_LIMIT / Math.hypot(mx, my)) : 0.5;
  return [mx * reach * half, my * reach * half];
}

/**
 * The direction left of a segment, one long.
 * @param {number[]} from
 * @param {number[]} to
 * @returns {[number, number]}
 */
function normal([fromX, fromY], [toX, toY]) {
  const [dx, dy] = [toX - fromX, toY - fromY];
  const long = Math.hypot(dx, dy);
  return [-dy / long, dx / long];
}
