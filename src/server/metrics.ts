import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from './database/index.ts';
import { countByState } from './paintings/find.ts';
import { STATES } from './paintings/painting.ts';

/** What is counted, for Prometheus. */
export interface Metrics {
  readonly registry: Registry;
  /** Seconds of answers, by route, method and status. */
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly streams: Gauge;
  /** Steps and ends of the paintings painted by this process. */
  count(what: 'step' | 'done' | 'failed'): void;
}

export function createMetrics({ query }: Database): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: 'velatura_request_seconds',
    help: 'Time from a request to its answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const streams = new Gauge({ name: 'velatura_streams', help: 'Open streams of events', registers });
  const steps = new Counter({
    name: 'velatura_steps_total',
    help: 'Steps painted by this process',
    registers,
  });
  const ended = new Counter({
    name: 'velatura_paintings_ended_total',
    help: 'Paintings that this process has painted to their end, or that failed',
    labelNames: ['how'] as const,
    registers,
  });
  new Gauge({
    name: 'velatura_paintings',
    help: 'Paintings in the database',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      const counts = await countByState(query);
      for (const state of STATES) this.set({ state }, counts.get(state) ?? 0);
    },
  });
  return {
    registry,
    requests,
    streams,
    count: (what) => (what === 'step' ? steps.inc() : ended.inc({ how: what })),
  };
}
