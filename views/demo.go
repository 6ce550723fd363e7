package views

import "time"

// DemoPage is what there is to look at in a demo that has lived a year.
type DemoPage struct {
	Now      time.Time
	Chapters []DemoChapter
}

// DemoChapter is some of it, under a title.
type DemoChapter struct {
	Title string
	Stops []DemoStop
}

// DemoStop is something that happened.
type DemoStop struct {
	What  string // happened, in a few words
	Look  string // at what to look, in sentences
	Place string // where the link leads, in a word
	URL   string
}
