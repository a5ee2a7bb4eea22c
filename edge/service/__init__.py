"""The one loop: photos in, jobs out, outcomes delivered. What a part does stands in that part's package."""
