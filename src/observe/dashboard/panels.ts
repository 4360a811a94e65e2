// THE PANEL TABLE: what the dashboard shows, row by row; each panel one or more expressions of Prometheus.
import type { Row } from "./panel.ts";
import { SERVING_ROWS } from "./serving.ts";
import { WORKING_ROWS } from "./working.ts";

export const ROWS: readonly Row[] = [...SERVING_ROWS, ...WORKING_ROWS];
