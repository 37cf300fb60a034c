/**
 * Recorded clouds of generated points over real ones, for one setting and one frame at a time. Python side:
 * widgets.RecordedClouds. Chapters: js-saturation, samples.
 */
import { widget } from "../kit/kit.mjs";

/** Counts are shown without decimals. */
const whole = (v) => (Number.isInteger(v) ? { value: String(v) } : {});

export default widget("Generated points over real ones", (w) => {
  const [real, clouds, settings, frames, numbers, axis] = [
      "real",
      "clouds",
      "settings",
      "frames",
      "numbers",
      "axis",
    ].map((name) => w.model.get(name)),
    margin = { left: 8, right: 8, top: 8, bottom: 8 },
    p = w.plot({
      ...{ shaped: true, height: (width, narrow) => Math.min(narrow ? 250 : 360, width), label: "", margin },
      ...{ x: { hide: true }, y: { hide: true } },
    }),
    [blue, orange] = [p.dots("real", 3), p.dots("generated", 2.5)],
    key = [p.text("real halo-text", { dy: 10 }), p.text("generated halo-text", { dy: 26 })];
  const text = (list) => (k) => list[Math.round(k)];
  if (settings.length > 1) w.slider({ trait: "chosen", label: axis.setting, step: 1, text: text(settings) });
  if (frames.length > 1) w.slider({ trait: "frame", label: axis.frame, step: 1, text: text(frames) });
  w.draw(() => {
    const [k, frame] = ["chosen", "frame"].map((trait) => Math.round(w.get(trait))),
      wide = (axis.reach * (p.width - 16)) / (p.height - 16);
    p.extent({ x: [-wide, wide], y: [-axis.reach, axis.reach] });
    blue.set(real[k % real.length]);
    orange.set(clouds[k][frame]);
    key[0].set(-wide, axis.reach, "real");
    key[1].set(-wide, axis.reach, "generated");
    p.describe(`Generated points over real ones: ${settings[k]}, ${frames[frame]}`);
    w.readout(
      numbers.map(({ reading, label, values, colour }) => ({
        trait: reading,
        label,
        number: values[k][frame],
        ...whole(values[k][frame]),
        colour,
      })),
    );
  });
});
