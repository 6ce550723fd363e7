package views

import (
	"fmt"
	"strings"
)

// The plot's lines, in percent of its height: room for a number above the
// tallest bar and for the month below the baseline.
const (
	plotTop    = 14.0
	plotBottom = 88.0
	baseline   = "88%"
)

// bar is one month of the chart in SVG lengths. Lengths are percentages, so
// that the chart fits any width while its text keeps its size.
type bar struct {
	x, width, middle, top         string
	businessY, businessHeight     string
	enterpriseY, enterpriseHeight string
	value, month                  string
	second                        bool // every other one, left out where it is narrow
}

func bars(months []SeatMonth) []bar {
	most := 1
	for _, m := range months {
		most = max(most, m.Business+m.Enterprise)
	}
	scale := (plotBottom - plotTop) / float64(most)
	slot := 100 / float64(max(len(months), 1))
	result := make([]bar, len(months))
	for i, m := range months {
		business, enterprise := float64(m.Business)*scale, float64(m.Enterprise)*scale
		left := float64(i) * slot
		value := number(m.Business + m.Enterprise)
		if !m.Known {
			value = "?"
		}
		if m.Blank {
			value = ""
		}
		result[i] = bar{
			x: percent(left + slot*0.18), width: percent(slot * 0.64), middle: percent(left + slot/2),
			businessY: percent(plotBottom - business), businessHeight: percent(business),
			enterpriseY: percent(plotBottom - business - enterprise), enterpriseHeight: percent(enterprise),
			top: percent(plotBottom - business - enterprise), value: value, month: shortMonth(m.Month),
			second: (len(months)-1-i)%2 == 1,
		}
	}
	return result
}

func percent(f float64) string { return fmt.Sprintf("%.2f%%", f) }

// chartText says what the chart shows, for who cannot see it.
func chartText(months []SeatMonth) string {
	var parts []string
	for _, m := range months {
		switch {
		case m.Blank:
		case m.Known:
			parts = append(parts, fmt.Sprintf("%s: %s Business, %s Enterprise", monthName(m.Month), number(m.Business), number(m.Enterprise)))
		default:
			parts = append(parts, monthName(m.Month)+": unknown")
		}
	}
	return "Billable seats by month. " + strings.Join(parts, "; ") + "."
}

// The size of a sparkline, in its own units.
const (
	sparkWidth  = 96
	sparkHeight = 24
	sparkMargin = 3.0
)

// sparkLine is a small chart: its line in pieces, parted where nothing is known, and the last point.
type sparkLine struct {
	drawn  bool
	pieces []string
	x, y   string
}

func spark(months []SeatMonth) sparkLine {
	most := 1
	for _, m := range months {
		most = max(most, m.Business+m.Enterprise)
	}
	var line sparkLine
	var piece []string
	end := func() {
		if len(piece) > 0 {
			line.pieces = append(line.pieces, strings.Join(piece, " "))
		}
		piece = nil
	}
	step := (sparkWidth - 2*sparkMargin) / float64(max(len(months)-1, 1))
	for i, m := range months {
		if !m.Known {
			end()
			continue
		}
		line.drawn = true
		line.x = fmt.Sprintf("%.1f", sparkMargin+float64(i)*step)
		line.y = fmt.Sprintf("%.1f", sparkHeight-sparkMargin-(sparkHeight-2*sparkMargin)*float64(m.Business+m.Enterprise)/float64(most))
		piece = append(piece, line.x+","+line.y)
	}
	end()
	return line
}

// sparkText says what the small chart shows: the seats from the first month to the last.
func sparkText(months []SeatMonth) string {
	var parts []string
	for _, m := range months {
		switch {
		case m.Blank:
		case m.Known:
			parts = append(parts, shortMonth(m.Month)+" "+number(m.Business+m.Enterprise))
		default:
			parts = append(parts, shortMonth(m.Month)+" ?")
		}
	}
	return "Seats by month: " + strings.Join(parts, ", ")
}
