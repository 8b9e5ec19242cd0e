"""What is a P0, and what should be done?

A *signal* is what one source sees now of one thing: an issue, a health endpoint, a report by a person.
A *rule* says which signals are a P0, of which category, and why.
A *verdict* is what the rules say of one signal, with the reason.
*Facts* are what is known of an incident; a *recommendation* is what they mean: roll back, hotfix, or undecided.
Everything here is pure but for reading the rule files and the regular-expression engine.
"""
