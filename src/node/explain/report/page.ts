import type { Explanation } from '../explanation.ts';
import { formulasSection } from './formulas.ts';
import { picturesSection, stagesSection } from './gallery.ts';
import { html, type Markup, raw } from './html.ts';
import { look } from './look.ts';
import { lossesSection } from './losses.ts';
import { counted } from './numbers.ts';
import { reconstructionsSection } from './reconstructed.ts';
import { script } from './script.ts';
import { sectionElement } from './section.ts';
import { featureMapsSection, gramsSection } from './seen.ts';

/** Nothing may be loaded from anywhere: all is in the page. */
const POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The report as one HTML page that needs nothing else. Its figures are in it as JSON, too, in `#report`. */
export async function reportPage(explanation: Explanation): Promise<string> {
  const { names, settings, network, engine, seconds } = explanation;
  const title = `What the network sees: ${names.content} in the style of ${names.styles.join(' and ')}`;
  const sections = [
    await picturesSection(explanation),
    await featureMapsSection(explanation),
    await gramsSection(explanation),
    await reconstructionsSection(explanation),
    lossesSection(explanation),
    await stagesSection(explanation),
    formulasSection(explanation),
  ];
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(look)}</style>
</head>
<body>
<header>
<h1>What the network sees</h1>
<p class="lead">${names.content} in the style of ${names.styles.join(' and ')}, painted by Velatura with ${network}.</p>
<nav aria-label="Contents"><ol>
${sections.map(({ id, title: heading }) => html`<li><a href="#${id}">${heading}</a></li>`)}
</ol></nav>
</header>
<main>
${sections.map(sectionElement)}
</main>
<footer class="quiet">
<p>Scales of ${settings.scales.join(', ')} pixels, ${settings.steps.join(', ')} steps, ${settings.optimizer === 'lbfgs' ? 'L-BFGS' : 'Adam'}, on ${engine}; the work for this report took ${counted(Math.ceil(seconds), 'second')}.
After L. A. Gatys, A. S. Ecker, M. Bethge: A Neural Algorithm of Artistic Style, 2015; the reconstructions are those of its figure 1.</p>
</footer>
<script type="application/json" id="report">${figures(explanation)}</script>
<script>${raw(script)}</script>
</body>
</html>
`;
  return markup;
}

/** The numbers of the report for programs, without the pictures. */
function figures(explanation: Explanation): Markup {
  const { names, settings, network, engine, seconds, taps, steps } = explanation;
  const numbers = {
    names,
    settings,
    network,
    engine,
    seconds,
    taps,
    steps,
    stages: explanation.stages.map(({ scale, step, start, loss }) => ({ scale, step, start, loss })),
    featureMaps: explanation.featureMaps.map(({ tap, maps }) => ({
      tap,
      maps: maps.map(({ channel, energy }) => ({ channel, energy })),
    })),
    grams: explanation.grams.map(({ tap, channels, shown, contentDistance, paintingDistance }) => ({
      tap,
      channels,
      shown,
      contentDistance,
      paintingDistance,
    })),
    contentReconstructions: explanation.contentReconstructions.map(({ taps: at, loss }) => ({
      taps: at,
      loss,
    })),
    styleReconstructions: explanation.styleReconstructions.map(({ taps: at, loss }) => ({ taps: at, loss })),
  };
  // A "</script>" in a file's name would end the element.
  return raw(JSON.stringify(numbers).replaceAll('<', '\\u003c'));
}
