export { checkExplainNumber, EXPLAIN_SIZE, type ExplainChoices, explainNumbers } from './choices.ts';
export { type ExplainOptions, explain } from './explain.ts';
export type * from './explanation.ts';
export { checkReport, renderReport, writeReport } from './write.ts';
