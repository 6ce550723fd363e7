package seats

import (
	"fmt"
	"slices"
	"strings"

	"seatbridge/store"
)

// Where sources disagree, a person can say whose figure is right. Like any answer it is one to facts: it holds while each figure that
// contradicts it is one that it was said of (docs/decisions, 10 and 18).

// factSeparator parts the figures that a word was said of.
const factSeparator = "; "

// Facts are the figures that sources stand for, as a person's word about them keeps them: "api 30 business; provider 7 business".
func (u Usage) Facts() string {
	var facts []string
	for _, f := range u.Said {
		if f.stands(u.Period) {
			facts = append(facts, f.fact())
		}
	}
	slices.Sort(facts)
	return strings.Join(facts, factSeparator)
}

// Standing is the figure that a source stands for; not ok: it says nothing, or what it said has ended.
func (u Usage) Standing(s Source) (f SourceFigure, ok bool) {
	i := slices.IndexFunc(u.Said, func(f SourceFigure) bool { return f.Source == s && f.stands(u.Period) })
	if i < 0 {
		return f, false
	}
	return u.Said[i], true
}

// OthersThan says what the sources say that contradict a figure, in a part of a sentence.
func (u Usage) OthersThan(right SourceFigure) string {
	var others []string
	for _, f := range u.Said {
		if f.stands(u.Period) && f.differs(right) {
			others = append(others, fmt.Sprintf("%s says %s", f.Source.Within(), f))
		}
	}
	return strings.Join(others, ", ")
}

// stands says that a figure is one that its source stands for: a correction is nobody's figure but its own.
func (f SourceFigure) stands(p Period) bool {
	return f.Ended == "" && !f.silent(p) && f.Source != SourceCorrection
}

// fact is the figure as a word about it keeps it. Nothing is nothing on either plan.
func (f SourceFigure) fact() string {
	if f.Seats == 0 {
		return fmt.Sprintf("%s 0", f.Source)
	}
	return fmt.Sprintf("%s %d %s", f.Source, f.Seats, f.Plan)
}

// holds says that a word holds: the source says what it said then, and whatever contradicts it is what did so then. One that came to say
// the same, or says nothing any more, contradicts nobody.
func holds(k store.KeptFigure, figures []SourceFigure, p Period) bool {
	known := strings.Split(k.Facts, factSeparator)
	i := slices.IndexFunc(figures, func(f SourceFigure) bool { return string(f.Source) == k.Source && f.stands(p) })
	if i < 0 || !slices.Contains(known, figures[i].fact()) {
		return false
	}
	return !slices.ContainsFunc(figures, func(f SourceFigure) bool {
		return f.stands(p) && f.differs(figures[i]) && !slices.Contains(known, f.fact())
	})
}

// keep marks the figure of a word that holds as the one that counts.
func keep(k store.KeptFigure, figures []SourceFigure) (counts SourceFigure) {
	for i := range figures {
		if figures[i].Counts = string(figures[i].Source) == k.Source; figures[i].Counts {
			counts = figures[i]
		}
	}
	return counts
}

// KeptText says in a sentence who said whose figure is right, and why. Empty: nobody did.
func (u Usage) KeptText() string {
	if u.Kept == nil {
		return ""
	}
	text := fmt.Sprintf("%s said on %s that the figure of %s is right", u.Kept.By, Day(u.Kept.At), Source(u.Kept.Source).Within())
	if u.Kept.Note != "" {
		return text + ": " + strings.TrimRight(u.Kept.Note, ".") + "."
	}
	return text + "."
}
