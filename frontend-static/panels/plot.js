/** A line over an axis, in the page's own ink and type. The only file that takes uPlot. */

import uPlot from "../vendor/uplot/uPlot.esm.js";

/** @typedef {[number[], (number | null)[]]} Line places along the axis, in order, and the value at each */

/**
 * @typedef {object} Axes
 * @property {Partial<uPlot.Axis>} along how the axis below is divided and told
 * @property {(value: number) => string} value how a value is told
 * @property {uPlot.Scales} [scales] as uPlot has them, where they are not those of the data
 */

/**
 * @param {HTMLElement} place what it fills
 * @param {Line} line
 * @param {Axes} axes
 * @returns {uPlot}
 */
export function plotLine(place, line, { along, value, scales }) {
  const style = getComputedStyle(place);
  const ink = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const font = `${ink("--chart-text") || "12px"} ${style.fontFamily}`;
  return new uPlot({
    width: Math.max(place.clientWidth, 120), height: Math.max(place.clientHeight, 48), scales,
    legend: { show: false }, cursor: { show: false }, padding: [6, 30, 0, 0],
    axes: [
      { stroke: ink("--ink-3"), font, grid: { show: false }, ticks: { show: false }, size: 26, ...along },
      { stroke: ink("--ink-3"), font, grid: { stroke: ink("--line"), width: 1 }, ticks: { show: false }, size: 54, space: 34,
        values: (_plot, values) => values.map(value) },
    ],
    series: [{}, { stroke: ink("--data"), width: 2, points: { show: false } }],
  }, line, place);
}
