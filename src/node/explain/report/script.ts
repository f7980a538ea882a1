/** What moves in a report. Without it all stages are shown side by side, as they are on paper. */
export const script = `
for (const section of document.querySelectorAll('[data-stages]')) {
  const stages = [...section.querySelectorAll('.stages > li')];
  const slider = section.querySelector('input[type=range]');
  const show = () => {
    stages.forEach((stage, i) => stage.classList.toggle('shown', i === Number(slider.value)));
    slider.setAttribute('aria-valuetext', stages[slider.value].querySelector('figcaption').textContent.trim());
  };
  slider.addEventListener('input', show);
  section.classList.add('lively');
  show();
}
`;
