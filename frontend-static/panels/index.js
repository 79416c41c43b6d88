/** The panels that a scene may place. To add one: a file beside this one and a line in `PANELS`. */

import { AnswersPanel } from "./answers.js";
import { ChartPanel } from "./chart.js";
import { ClockPanel } from "./clock.js";
import { CoveragePanel } from "./coverage.js";
import { DetailPanel } from "./detail.js";
import { DevicesPanel } from "./devices.js";
import { IncidentsPanel } from "./incidents.js";
import { InvestigatePanel } from "./investigate.js";
import { LanguagePanel } from "./language.js";
import { LayersPanel } from "./layers.js";
import { LegendPanel } from "./legend.js";
import { OverviewPanel } from "./overview.js";
import { TablePanel } from "./table.js";
import { WatchersPanel } from "./watchers.js";

/** @type {{[form: string]: typeof import("./panel.js").Panel}} */
export const PANELS = {
  answers: AnswersPanel,
  chart: ChartPanel,
  clock: ClockPanel,
  coverage: CoveragePanel,
  detail: DetailPanel,
  devices: DevicesPanel,
  incidents: IncidentsPanel,
  investigate: InvestigatePanel,
  language: LanguagePanel,
  layers: LayersPanel,
  legend: LegendPanel,
  overview: OverviewPanel,
  table: TablePanel,
  watchers: WatchersPanel,
};

for (const [form, panel] of Object.entries(PANELS)) customElements.define(`qy-${form}`, panel);

/**
 * Makes the panel that a scene declares.
 * @param {import("../core/api.js").Json} declared
 * @param {import("./panel.js").Context} context
 * @returns {import("./panel.js").Panel}
 */
export function makePanel(declared, context) {
  const form = PANELS[declared.form];
  if (!form) throw new Error(`no panel form ${declared.form}`);
  const panel = new form();
  panel.panel = declared;
  panel.context = context;
  return panel;
}
