package problem

// Shorten keeps a text to so many characters; where it cuts, it says so with "…".
func Shorten(text string, most int) string {
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most-1]) + "…"
	}
	return text
}
