#!/bin/sh
# Fetches the vendored packages again, at the versions named here, and checks
# every file against README.md. Needs npm; the build does not.
#
# To move to another version: change it here, run the script, read what
# changed, then write the new sums into README.md.
set -eu
cd "$(dirname "$0")"

htmx=4.0.1
basecoat=1.0.2
lucide=1.62.0
geist=5.3.0

# The icons in use, in the order of the sprite.
icons="arrow-down arrow-right arrow-up ban braces building-2 calendar chart-column
check chevron-down chevron-left chevron-right chevrons-up-down circle-alert
circle-check circle-dashed circle-dot circle-help circle-user circle-x clock
copy-x download droplet ellipsis equal external-link eye file-down flask-conical
hand history info key-round layout-dashboard link loader-circle lock log-out
mail menu moon package pause pencil play plug plus printer refresh-cw
scan-search scroll-text search settings shield-check skip-forward sun trash-2
triangle-alert unlink users x"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unpack() { # unpack NAME VERSION: leaves the package in $work/NAME
	(cd "$work" && mkdir -p "$(dirname "$1")" && tar -xzf "$(npm pack --silent "$1@$2")" && mv package "$1")
}
unpack htmx.org "$htmx"
unpack basecoat-css "$basecoat"
unpack lucide-static "$lucide"
unpack @fontsource-variable/geist "$geist"

cp "$work/htmx.org/dist/htmx.min.js" htmx.min.js
cp "$work/basecoat-css/dist/basecoat.cdn.min.css" basecoat.cdn.min.css
cp "$work/basecoat-css/dist/js/all.min.js" all.min.js
cp "$work/htmx.org/LICENSE" LICENSE.htmx.txt
cp "$work/basecoat-css/LICENSE.md" LICENSE.basecoat.txt
cp "$work/lucide-static/LICENSE" LICENSE.lucide.txt
cp "$work/@fontsource-variable/geist/files/geist-latin-wght-normal.woff2" geist-latin-wght-normal.woff2
cp "$work/@fontsource-variable/geist/LICENSE" LICENSE.geist.txt

{
	echo '<svg xmlns="http://www.w3.org/2000/svg">'
	for icon in $icons; do
		printf '<symbol id="%s" viewBox="0 0 24 24">' "$icon"
		# The drawing alone: what stands between <svg …> and </svg>.
		tr -s '\n ' '  ' <"$work/lucide-static/icons/$icon.svg" |
			sed -e 's/.*<svg[^>]*> *//' -e 's/ *<\/svg>.*//' -e 's/ *\/> */\/>/g'
		echo '</symbol>'
	done
	echo '</svg>'
} >icons.svg

# README.md lists each file first and its sum last in a row.
sed -nE 's/^\| `([^`]+)` .* `([0-9a-f]{64})` \|$/\2  \1/p' README.md | sha256sum --check
