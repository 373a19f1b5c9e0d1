"""The results as an SVG: CPU per span as a multiple of the relay's, a bar for the median and a dot
for each round."""

import statistics

WIDTH, LEFT, ROW, TOP = 760, 120, 44, 70


def svg(results):
    ratios = {
        name: [m["cpu_ns_per_span"] / r["cpu_ns_per_span"]
               for m, r in zip(runs["martlet"], runs["relay"])]
        for name, runs in results["scenarios"].items()
    }
    largest = max([1, *(value for values in ratios.values() for value in values)]) * 1.1
    scale = (WIDTH - LEFT - 70) / largest
    height = TOP + ROW * len(ratios) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="26" font-size="16">CPU per span, relay = 1</text>',
        f'<text x="{LEFT}" y="46" fill="#555555">bar: median of the rounds; dot: a round; '
        "shorter is better</text>",
    ]
    for row, (name, values) in enumerate(ratios.items()):
        y = TOP + row * ROW
        middle = statistics.median(values)
        parts.append(f'<text x="{LEFT - 10}" y="{y + 19}" text-anchor="end">{name}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y + 4}" width="{middle * scale:.1f}" height="22" '
                     'fill="#4c78a8"/>')
        parts += [f'<circle cx="{LEFT + value * scale:.1f}" cy="{y + 15}" r="3" fill="#f58518"/>'
                  for value in values]
        end = LEFT + max(values) * scale + 10
        parts.append(f'<text x="{end:.1f}" y="{y + 19}">{middle:.2f}</text>')
    one = LEFT + scale
    bottom = TOP + ROW * len(ratios)
    parts.append(f'<line x1="{one:.1f}" x2="{one:.1f}" y1="{TOP - 8}" y2="{bottom}" '
                 'stroke="#888888" stroke-dasharray="4 3"/>')
    parts.append(f'<text x="{one:.1f}" y="{bottom + 18}" text-anchor="middle" fill="#555555">'
                 "relay</text>")
    parts.append("</svg>\n")
    return "\n".join(parts)
