//! The steps of an image, each with the layer it made, as bars by size.

use crate::{
    boot::use_words,
    components::{Bytes, DigestText, Meter, StackBar, StackPart},
    i18n::format::bytes,
};
use api_types::{ImageDetail, Layer, Step};
use leptos::prelude::*;

/// Bytes of a command in its row; opened, it is shown whole.
const ROW: usize = 500;

/// All steps, under a bar of all layers.
#[component]
pub fn Layers(image: Option<ImageDetail>, is_index: bool) -> impl IntoView {
    let words = use_words().artifact;
    let Some(image) = image.filter(|image| !image.steps.is_empty()) else {
        let text = if is_index { words.missing_children() } else { words.nothing_inside() };
        return view! { <p class="second">{text}</p> }.into_any();
    };
    let layers: Vec<&Layer> = image.steps.iter().filter_map(|step| step.layer.as_ref()).collect();
    let largest = layers.iter().map(|layer| layer.size).max().unwrap_or(0);
    let own = image.layers_size.saturating_sub(image.shared_size);
    let parts = layers
        .iter()
        .enumerate()
        .map(|(index, layer)| StackPart {
            amount: layer.size,
            fill: fill(layer),
            title: format!("{}: {}", words.layer(index + 1), bytes(layer.size)),
        })
        .collect();
    let heading = if image.config.is_some() { words.layers() } else { words.files() };
    let mut number = 0;
    let rows = image
        .steps
        .into_iter()
        .map(|step| {
            number += usize::from(step.layer.is_some());
            view! { <StepRow step number largest /> }
        })
        .collect_view();
    view! {
        <section aria-labelledby="layers">
            <div class="section-head">
                <h2 id="layers">{heading} " " <span class="section-note">{words.layers_n(image.layers_total, bytes(image.layers_size))}</span></h2>
                <div class="legend">
                    <span class="legend-item"><span class="swatch swatch-1"></span>{words.own()} " " {bytes(own)}</span>
                    <span class="legend-item"><span class="swatch swatch-2"></span>{words.shared()} " " {bytes(image.shared_size)}</span>
                </div>
            </div>
            <StackBar parts label=words.bar(bytes(own), bytes(image.shared_size)) />
            <ol class="layers">{rows}</ol>
            {(image.more_steps > 0)
                .then(|| {
                    view! { <p class="second"><a class="link" href="#raw-manifest">{words.more_steps(image.more_steps)}</a></p> }
                })}
        </section>
    }
    .into_any()
}

/// Own layers are dark, shared ones light.
fn fill(layer: &Layer) -> &'static str {
    if layer.shared_tags > 0 { "fill-2" } else { "fill-1" }
}

#[component]
fn StepRow(step: Step, number: usize, largest: u64) -> impl IntoView {
    let words = use_words().artifact;
    let line = one_line(&step);
    let Some(layer) = step.layer else {
        return view! {
            <li class="layer layer-none">
                <span class="layer-line">
                    <span class="layer-number"></span>
                    <code class="layer-command"><span class="layer-word">{step.instruction}</span> " " {line}</code>
                    <span class="layer-size">{words.no_layer()}</span>
                </span>
            </li>
        }
        .into_any();
    };
    let whole = if step.arguments.is_empty() && step.instruction.is_empty() {
        view! { <p class="second">{words.no_command()}</p> }.into_any()
    } else {
        view! { <pre class="layer-whole"><code>{whole_command(&step.instruction, &step.arguments)}</code></pre> }
            .into_any()
    };
    let shared =
        if layer.shared_tags > 0 { words.shared_with(layer.shared_tags) } else { words.only_this_tag().to_owned() };
    let title = layer.title.clone();
    view! {
        <li class="layer">
            <details>
                <summary class="layer-line">
                    <span class="layer-number">{number}</span>
                    <code class="layer-command">
                        <span class="layer-word">{step.instruction}</span> " " {title.unwrap_or(line)}
                    </code>
                    <span class="layer-bar"><Meter part=layer.size whole=largest class="meter-wide" fill=fill(&layer) track=false /></span>
                    <span class="layer-size"><Bytes size=layer.size /></span>
                </summary>
                <div class="layer-inside">
                    {whole}
                    <div class="layer-facts">
                        <DigestText digest=layer.digest long=true />
                        <span>{layer.media_type}</span>
                        <span>{shared}</span>
                    </div>
                </div>
            </details>
        </li>
    }
    .into_any()
}

/// The beginning of the arguments with their line ends and indents folded: a row is no longer than this on any screen.
fn one_line(step: &Step) -> String {
    let mut line = String::new();
    for word in step.arguments.split_whitespace().filter(|word| *word != "\\") {
        line.push_str(if line.is_empty() { "" } else { " " });
        let fits = word.floor_char_boundary(ROW.saturating_sub(line.len()));
        line.push_str(&word[..fits]);
        if fits < word.len() {
            line.push('…');
            break;
        }
    }
    line
}

/// A long chain of shell commands with a line for each link.
fn whole_command(instruction: &str, arguments: &str) -> String {
    let folded = if arguments.contains('\n') { arguments.to_owned() } else { arguments.replace(" && ", " \\\n  && ") };
    format!("{instruction} {}", folded.trim()).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_commands_is_shown_link_by_link() {
        assert_eq!(
            whole_command("RUN", "apt-get update && apt-get install x"),
            "RUN apt-get update \\\n  && apt-get install x"
        );
        assert_eq!(whole_command("RUN", "a \\\n  && b"), "RUN a \\\n  && b");
        assert_eq!(whole_command("", "x"), "x");
    }

    #[test]
    fn a_row_is_one_line() {
        let step = Step { instruction: "RUN".into(), arguments: "a \\\n  && b\t c".into(), layer: None };
        assert_eq!(one_line(&step), "a && b c");
        let long = Step { arguments: "word ".repeat(1_000), ..step };
        assert_eq!(one_line(&long), format!("{}…", "word ".repeat(100)));
        let long = Step { arguments: "한".repeat(1_000), ..long };
        assert_eq!(one_line(&long), format!("{}…", "한".repeat(166)));
    }
}
