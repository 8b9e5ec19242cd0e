"""Who is on call: pure, with every moment as an argument.

`wall` is local time and what summer time does to it, `rotation` the list that hands over, `shift` what a calendar says,
`override` what a person arranged, `plan` all of them one above the other, `names` whom a calendar's words mean.
"""
