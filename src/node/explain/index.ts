export {
  checkExplainChoices,
  checkExplainNumber,
  EXPLAIN_SIZE,
  EXPLAIN_TAPS_WORDS,
  type ExplainChoices,
  explainNumbers,
  explainSettings,
  tapsToShow,
} from './choices.ts';
export { type ExplainOptions, explain } from './explain.ts';
export type * from './explanation.ts';
export { checkReport, renderReport, writeReport } from './write.ts';
